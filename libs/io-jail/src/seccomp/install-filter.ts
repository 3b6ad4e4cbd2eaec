import { check, Mapping, OwnedFd } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import {
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
  SECCOMP_SET_MODE_FILTER,
  sock_fprog,
} from '../abi';
import { INSTRUCTION_BYTES } from '../bpf/instruction';
import { libc } from '../sys/libc';

function install(program: Uint8Array, flags: number): number {
  // Memory of JavaScript's own moves about; the program must lie still while the kernel copies it. It
  // stays mapped: under the filter, to unmap it may be a call that waits for a supervisor.
  const memory = Mapping.anonymous(program.length);
  memory.bytes.set(program);
  const argument = sock_fprog.allocate();
  argument.len = program.length / INSTRUCTION_BYTES;
  argument.filter = memory.address;
  const { seccomp = -1 } = currentSyscalls();
  // SAFETY: the kernel copies the program during the call.
  const result = libc.seccomp(seccomp, SECCOMP_SET_MODE_FILTER, flags, argument.buffer);
  return check('seccomp(SECCOMP_SET_MODE_FILTER)', result);
}

/**
 * Puts a filter on the system calls of all threads of this process, for ever.
 * @param program `struct sock_filter` after `struct sock_filter`
 * @throws SysError EACCES without no_new_privs, EINVAL if the kernel finds fault with the program
 */
export function installFilter(program: Uint8Array): void {
  install(program, SECCOMP_FILTER_FLAG_TSYNC);
}

/**
 * The same, for a program that asks a supervisor (SECCOMP_RET_USER_NOTIF).
 * @returns the descriptor that the supervisor listens at
 * @throws SysError also EBUSY if there is such a filter already, EINVAL before Linux 5.7
 */
export function installFilterWithListener(program: Uint8Array): OwnedFd {
  const flags =
    SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_NEW_LISTENER;
  return OwnedFd.adopt(install(program, flags));
}
