import { constants } from 'node:os';

import { SysError } from '@crosvm/sys-util';

import { libc } from '../sys/libc';

const { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS } = constants.signals;

/** What a process is sent that does what it cannot. */
const FAULTS = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS];

/** Anywhere in the process. Source: dlsym(3). */
const RTLD_DEFAULT = null;

/**
 * Has this process end at once by a fault, with the signal's number as its status. The handlers that Node
 * has would make system calls of all kinds, and without any the first process of a pid namespace would
 * go on: it can be killed by no signal that it does not handle, but by SIGKILL.
 * @throws SysError
 */
export function endByFaults(): void {
  // A handler's argument is the number of the signal, that of _exit(2) is the status.
  const handler = libc.dlsym(RTLD_DEFAULT, '_exit');
  for (const signal of FAULTS) {
    // SAFETY: it is a function that may be called in a handler, and never returns.
    if (handler === 0 || libc.signal(signal, handler) === -1) {
      throw new SysError('signal', constants.errno.EINVAL);
    }
  }
}

/** The signal by which a process ended that had called `endByFaults`; undefined if it was none. */
export function faultOf(status: number): string | undefined {
  const found = Object.entries(constants.signals).find(
    ([, signal]) => signal === status && FAULTS.includes(signal),
  );
  return found?.[0];
}
