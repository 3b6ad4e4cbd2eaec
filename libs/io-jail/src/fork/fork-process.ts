import { check, exitNow } from '@crosvm/sys-util';

import { libc } from '../sys/libc';
import { forkable, inheritAgain } from './forkable';

/** The status of a child that threw what nobody caught. */
const UNCAUGHT_STATUS = 70;

/**
 * Forks this process. The child has a copy of everything and one thread; it calls `run` and ends with the
 * status that it returns, without any of Node's handlers. Node's event loop must not run in it: it
 * belongs to the parent.
 * @returns the child's process id, in the parent
 * @throws Error if this process was not made forkable, or a part of its memory cannot be inherited
 * @throws SysError EAGAIN, ENOMEM
 */
export function forkProcess(run: () => number): number {
  if (!forkable()) {
    throw new Error('this process was not made forkable');
  }
  inheritAgain();
  const pid = libc.fork();
  if (pid !== 0) {
    return check('fork', pid);
  }
  let status = UNCAUGHT_STATUS;
  try {
    status = run();
  } finally {
    exitNow(status);
  }
  // Not reached.
  return status;
}
