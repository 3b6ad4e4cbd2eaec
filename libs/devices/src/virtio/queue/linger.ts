import { availableParallelism } from 'node:os';

/** Longest look, in milliseconds: as long as KVM looks for what wakes a vCPU (halt_poll_ns on x86). */
const LONGEST_MS = 0.2;

/** Looks in vain, one after the other, after which there are none for a while. */
const MAX_MISSES = 4;

/** So many waits that while is. */
const REST = 256;

/** How often is looked before the first time that it is measured how long that takes. */
const FIRST_LOOKS = 1000;

/** What is waited for. */
export interface Awaited {
  /** Whether it is there. */
  hasCome(): boolean;
}

/**
 * Looks a while for what comes next before its thread sleeps: being woken takes longer than many a driver
 * or disk, and a driver whose device is awake need not notify it, which is an exit.
 *
 * It looks as long as what comes mostly comes within 0.2 ms. Where waits are longer it does not
 * look at all, nor where looking does not help, as when the driver waits for this very CPU; every now and
 * then it tries again. So a device that is little used costs nothing, and a busy one costs a CPU, which
 * has others to serve only as long as there are less of them than CPUs.
 */
export class Linger {
  readonly #canHelp: boolean;
  readonly #now: () => number;
  #looks = FIRST_LOOKS;
  /** When the wait began, in milliseconds; 0 if nothing is waited for. */
  #since = 0;
  #isShort = false;
  #misses = 0;
  #rest = 0;

  /**
   * @param cpus of this machine: with one, nothing comes while it is looked
   * @param now milliseconds, from any time on
   */
  constructor(cpus = availableParallelism(), now = (): number => performance.now()) {
    this.#canHelp = cpus > 1;
    this.#now = now;
  }

  /** Waits, if that seems to be worth while. Whether it has come; else the caller is going to sleep. */
  lookFor(awaited: Awaited): boolean {
    if (!this.#canHelp) {
      return false;
    }
    this.#since = this.#now();
    if (!this.#isShort || this.#rest > 0) {
      return false;
    }
    for (let left = this.#looks; left > 0; left -= 1) {
      if (awaited.hasCome()) {
        this.#since = 0;
        this.#misses = 0;
        return true;
      }
    }
    this.#missed();
    return false;
  }

  /** The caller was woken by what it waits for. Anything else is not told. */
  woken(): void {
    if (this.#since === 0) {
      return;
    }
    this.#isShort = this.#now() - this.#since <= LONGEST_MS;
    this.#since = 0;
    this.#rest = Math.max(this.#rest - 1, 0);
  }

  #missed(): void {
    const took = this.#now() - this.#since;
    // Not all at once: this thread may have been interrupted.
    const factor = Math.min(Math.max(LONGEST_MS / Math.max(took, 0.001), 0.5), 2);
    this.#looks = Math.max(Math.floor(this.#looks * factor), 1);
    this.#misses += 1;
    if (this.#misses === MAX_MISSES) {
      this.#misses = 0;
      this.#rest = REST;
    }
  }
}
