import { constants } from 'node:os';

import { PR_SET_PDEATHSIG } from './abi/process';
import { libc } from './ffi/libc';
import { check } from './sys-error';

/**
 * Lets the kernel kill this process when its parent ends, in whatever way: more exactly, the parent's
 * thread that started it. A parent that has ended already is not noticed.
 */
export function dieWithParent(): void {
  const { SIGKILL } = constants.signals;
  check('prctl(PR_SET_PDEATHSIG)', libc.prctlValue(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

/**
 * Ends this process here and now, whatever its threads are doing: nothing is cleaned up and nobody is
 * asked. For the end of a process one of whose threads cannot be ended.
 */
export function exitNow(status: number): void {
  libc._exit(status);
}
