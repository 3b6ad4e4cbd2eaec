import { availableParallelism } from 'node:os';

/** Shortest look, in milliseconds: as long as KVM looks for what wakes a vCPU (halt_poll_ns on x86). */
const SHORTEST_MS = 0.2;

/** Longest look, in milliseconds. */
const LONGEST_MS = 4;

/**
 * A look takes so many times as long as passes between two waits for the same, within these limits: where that
 * takes longer, the machine is slower or there is more to be done, and so does a driver take longer to ask again.
 */
const TIMES_SERVED = 8;

/** How many of the last times count for that. */
const AVERAGED = 8;

/** The clock is read once in so many looks. */
const LOOKS = 512;

/** Looks in vain, one after the other, after which there are none for a while. */
const MAX_MISSES = 4;

/** So many waits that while is. */
const REST = 256;

/** After a wait that was long, so many are not measured. */
const UNMEASURED = 15;

/** What is waited for. */
export interface Awaited {
  /** Whether it is there. */
  hasCome(): boolean;
}

/**
 * Looks a while for what comes next before its thread sleeps: being woken takes longer than many a driver
 * or disk, and a driver whose device is awake need not notify it, which is an exit.
 *
 * It is worth while as long as what is waited for mostly comes within the time of a look, and is found by it, as
 * it is not when the driver waits for this very CPU; every now and then that is tried again. So a device that is
 * little used costs nothing, and a busy one costs a CPU.
 */
export class Linger {
  readonly #canHelp: boolean;
  readonly #now: () => number;
  /** How long to look, in milliseconds. */
  #longest = SHORTEST_MS;
  /** How long it takes from the end of a wait to the next one here, in milliseconds. */
  #serving = 0;
  /** When the last wait ended, in milliseconds; 0 if it is not known. */
  #ended = 0;
  /** When the wait began, in milliseconds; 0 if it is not measured. */
  #since = 0;
  #isShort = false;
  #misses = 0;
  /** Waits in which it is not looked, whatever they are like. */
  #rest = 0;
  #unmeasured = 0;

  /**
   * @param cpus of this machine: with one, nothing comes while it is looked
   * @param now milliseconds, from any time on
   */
  constructor(cpus = availableParallelism(), now = (): number => performance.now()) {
    this.#canHelp = cpus > 1;
    this.#now = now;
  }

  /** Whether to look before the next wait. */
  get isWorthwhile(): boolean {
    return this.#isShort && this.#rest === 0;
  }

  /** Looks a while. Whether it has come; else the caller is going to sleep. */
  lookFor(awaited: Awaited): boolean {
    const from = this.#now();
    this.#served(from);
    const until = from + this.#longest;
    for (let now = from; now < until; now = this.#now()) {
      for (let left = LOOKS; left > 0; left -= 1) {
        if (awaited.hasCome()) {
          this.#misses = 0;
          this.#ended = now;
          return true;
        }
      }
    }
    this.#missed();
    this.#since = from;
    return false;
  }

  /** The caller is going to sleep without looking. */
  asleep(): void {
    this.#rest = Math.max(this.#rest - 1, 0);
    if (this.#unmeasured > 0) {
      this.#unmeasured -= 1;
    } else if (this.#canHelp) {
      this.#since = this.#now();
      this.#served(this.#since);
    }
  }

  /** The caller was woken, by what it waits for or by something else that is to be done for it. */
  woken(): void {
    if (this.#since !== 0) {
      this.#ended = this.#now();
      this.#isShort = this.#ended - this.#since <= this.#longest;
      this.#since = 0;
      this.#unmeasured = this.#isShort ? 0 : UNMEASURED;
    }
  }

  /** A wait begins. */
  #served(now: number): void {
    if (this.#ended !== 0) {
      // No more than that: this thread may have been interrupted.
      const took = Math.min(now - this.#ended, LONGEST_MS / TIMES_SERVED);
      this.#ended = 0;
      this.#serving += (took - this.#serving) / AVERAGED;
      this.#longest = Math.max(TIMES_SERVED * this.#serving, SHORTEST_MS);
    }
  }

  #missed(): void {
    this.#misses += 1;
    if (this.#misses === MAX_MISSES) {
      this.#misses = 0;
      this.#rest = REST;
    }
  }
}
