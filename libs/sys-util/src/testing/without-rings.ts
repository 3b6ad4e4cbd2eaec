import { IoUring } from '../index';

function findReason(): string {
  try {
    IoUring.create({ operations: 1, ranges: 1 })[Symbol.dispose]();
    return '';
  } catch (error) {
    return ` [skipped: ${String(error)}]`;
  }
}

/** Why there is no io_uring on this machine, for the names of tests; empty if there is. */
export const WITHOUT_RINGS = findReason();
