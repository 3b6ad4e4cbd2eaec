import { SOCK_CLOEXEC } from './abi/socket';
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
