const MS_PER_SECOND = 1000;
const NS_PER_MS = 1e6;

/** An accessor of a `struct timespec`. */
interface Timespec {
  tv_sec: number;
  tv_nsec: number;
}

/**
 * Writes a time in milliseconds; fractions count down to nanoseconds.
 * @throws RangeError if it is negative or not finite
 */
export function writeTimespec(target: Timespec, ms: number): void {
  if (!(ms >= 0 && ms < Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`${ms} ms is not a time`);
  }
  const seconds = Math.floor(ms / MS_PER_SECOND);
  target.tv_sec = seconds;
  target.tv_nsec = Math.floor((ms - seconds * MS_PER_SECOND) * NS_PER_MS);
}

/** Reads a time in milliseconds. */
export function readTimespec({ tv_sec, tv_nsec }: Timespec): number {
  return tv_sec * MS_PER_SECOND + tv_nsec / NS_PER_MS;
}
