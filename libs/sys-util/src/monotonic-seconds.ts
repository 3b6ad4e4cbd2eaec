import { CLOCK_MONOTONIC_COARSE, timespec } from './abi/time';
import { libc } from './ffi/libc';

// Read as 32-bit words, the first of which is the lower half of `tv_sec`.
const words = new Uint32Array(timespec.size / 4);
const bytes = new Uint8Array(words.buffer);

/**
 * Whole seconds of the monotonic clock. Unlike `performance.now` and `Date.now` it allocates nothing,
 * as its result needs no object of its own.
 */
export function monotonicSeconds(): number {
  libc.clock_gettime(CLOCK_MONOTONIC_COARSE, bytes);
  return words[0] ?? 0;
}
