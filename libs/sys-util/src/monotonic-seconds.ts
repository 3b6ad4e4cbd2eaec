import { CLOCK_MONOTONIC_COARSE, timespec } from './abi/time';
import { libc } from './ffi/libc';

const now = timespec.allocate();
const words = new Uint32Array(now.buffer.buffer);

/**
 * Whole seconds of the monotonic clock. Unlike `performance.now` and `Date.now` it allocates nothing,
 * as its result needs no object of its own.
 */
export function monotonicSeconds(): number {
  libc.clock_gettime(CLOCK_MONOTONIC_COARSE, now.buffer);
  return words[0] ?? 0;
}
