import { SO_PEERCRED, SOL_SOCKET, ucred } from './abi/socket';
import { libc } from './ffi/libc';
import { check } from './sys-error';

/** A process at the other end of a socket, as it was when the socket was connected. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who is at the other end of a unix socket. For a pair that is whoever made it.
 * @throws SysError ENOTCONN
 */
export function peerCredentials(fd: number): PeerCredentials {
  const peer = ucred.allocate();
  const length = new Uint8Array(Uint32Array.of(ucred.size).buffer);
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer.buffer, length);
  check('getsockopt(SO_PEERCRED)', result);
  return { pid: peer.pid, uid: peer.uid, gid: peer.gid };
}
