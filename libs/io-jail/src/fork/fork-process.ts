import { check, exitNow } from '@crosvm/sys-util';

import { libc } from '../sys/libc';
import { forkable, inheritAgain } from './forkable';

/** The status of a child that threw what nobody caught. */
const UNCAUGHT_STATUS = 70;

/**
 * Has `process.exit` end this process here and now, when those that listen for it have been told: Node
 * would wait for the ends of its own threads, and a fork has none of them.
 */
function exitWithoutThreads(): void {
  const reallyExit = (status?: unknown): void => exitNow(Math.trunc(Number(status)) || 0);
  Object.assign(process, { reallyExit });
}

/**
 * Forks this process. The child has a copy of everything and one thread; it calls `run` and ends with the
 * status that it returns, without any of Node's handlers; `process.exit` ends it, too. Node's event loop
 * must not run in it: it belongs to the parent.
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
  exitWithoutThreads();
  let status = UNCAUGHT_STATUS;
  try {
    status = run();
  } finally {
    exitNow(status);
  }
  // Not reached.
  return status;
}
