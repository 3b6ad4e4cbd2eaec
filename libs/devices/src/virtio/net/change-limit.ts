import { monotonicSeconds } from '@crosvm/sys-util';

/** Changes that are allowed within a second: more than any driver makes. */
const MAX_PER_SECOND = 64;

/**
 * Bounds how often a guest can have the host change something, for changes of an interface take locks
 * that all interfaces of the host share.
 */
export class ChangeLimit {
  readonly #clock: () => number;
  #second = -1;
  #done = 0;

  /** @param clock the time in whole seconds; default the monotonic clock */
  constructor(clock: () => number = monotonicSeconds) {
    this.#clock = clock;
  }

  /** Whether there may be another change now; if so, it is counted. */
  allows(): boolean {
    const now = this.#clock();
    if (now !== this.#second) {
      this.#second = now;
      this.#done = 0;
    }
    this.#done += 1;
    return this.#done <= MAX_PER_SECOND;
  }
}
