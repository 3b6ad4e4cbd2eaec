import { SO_SNDBUF, SOCK_CLOEXEC, SOL_SOCKET } from './abi/socket';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { check } from './sys-error';

/**
 * Makes a socket, closed on exec: `socket(2)`.
 * @param domain AF_*
 * @param type SOCK_*
 * @throws SysError EAFNOSUPPORT, EACCES, EMFILE, ENFILE
 */
export function createSocket(domain: number, type: number, protocol = 0): OwnedFd {
  const flags = type | SOCK_CLOEXEC;
  return OwnedFd.adopt(check('socket', libc.socket(domain, flags, protocol)));
}

/**
 * Gives a socket room for so many bytes that were sent and are not received yet, as far as the machine's
 * administrator allows (`net.core.wmem_max`).
 * @throws SysError EBADF, ENOTSOCK
 */
export function setSendBuffer(socket: number, bytes: number): void {
  const value = new Uint8Array(Int32Array.of(bytes).buffer);
  check(
    'setsockopt(SO_SNDBUF)',
    libc.setsockopt(socket, SOL_SOCKET, SO_SNDBUF, value, value.length),
  );
}
