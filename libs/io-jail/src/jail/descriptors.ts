import { constants, readdirSync, readlinkSync } from 'node:fs';

import { check, openFile } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import { libc } from '../sys/libc';
import { JailError } from './jail-error';

const STDERR = 2;
const STANDARD = [0, 1, STDERR];
const LAST = 0xffffffff;

function byNumber(one: number, other: number): number {
  return one - other;
}

/**
 * The descriptors by which Node wakes its own event loops, which do not run in a fork. It ends the
 * process when one of them cannot be written to, so their numbers stay in use.
 */
function wakeUps(): number[] {
  return readdirSync('/proc/self/fd')
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]';
      } catch {
        // The one by which the directory was read.
        return false;
      }
    })
    .map(Number);
}

/**
 * Closes all descriptors but those to be kept. The standard three lead nowhere, unless there is a
 * descriptor for what is said on standard error, and so do those that Node needs to have.
 * @returns all that are open, in order
 */
export function keepDescriptors(keep: readonly number[], stderr: number | undefined): number[] {
  const inert = wakeUps().filter((fd) => !keep.includes(fd));
  const open = [...new Set([...STANDARD, ...keep, ...inert])].sort(byNumber);
  {
    using nowhere = openFile('/dev/null', constants.O_RDWR);
    for (const fd of [...STANDARD, ...inert]) {
      const source = fd === STDERR ? (stderr ?? nowhere.raw) : nowhere.raw;
      check('dup2', libc.dup2(source, fd));
    }
  }
  const { close_range = -1 } = currentSyscalls();
  let from = 0;
  for (const fd of [...open, LAST]) {
    if (fd > from) {
      check('close_range', libc.close_range(close_range, from, fd - 1, 0));
    }
    from = fd + 1;
  }
  return open;
}

/**
 * Sees to it that these descriptors are open and no others.
 * @throws JailError
 */
export function verifyDescriptors(expected: readonly number[]): void {
  // The directory itself is read by one more, which is closed by now.
  const open = readdirSync('/proc/self/fd').map(Number).sort(byNumber);
  const extra = open.filter((fd) => !expected.includes(fd));
  if (extra.length > 1 || open.length - extra.length !== expected.length) {
    throw new JailError(`its descriptors are ${open.join(', ')}`);
  }
}
