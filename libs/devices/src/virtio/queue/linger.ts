import { availableParallelism } from 'node:os';

/** Longest look, in milliseconds: as long as KVM looks for what wakes a vCPU (halt_poll_ns on x86). */
const LONGEST_MS = 0.2;

/** Looks in vain, one after the other, after which there are none for a while. */
const MAX_MISSES = 4;

/** So many waits that while is. */
const REST = 256;

/** How often is looked before the first time that it is measured how long that takes. */
const FIRST_LOOKS = 1000;

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
 * It is worth while as long as what is waited for mostly comes within 0.2 ms, and is found by looking, as
 * it is not when the driver waits for this very CPU; every now and then that is tried again. So a device that is
 * little used costs nothing, and a busy one costs a CPU.
 */
export class Linger {
  readonly #canHelp: boolean;
  readonly #now: () => number;
  #looks = FIRST_LOOKS;
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

  /** Looks for 0.2 ms. Whether it has come; else the caller is going to sleep. */
  lookFor(awaited: Awaited): boolean {
    const from = this.#now();
    for (let left = this.#looks; left > 0; left -= 1) {
      if (awaited.hasCome()) {
        this.#misses = 0;
        return true;
      }
    }
    this.#missed(this.#now() - from);
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
    }
  }

  /** The caller was woken, by what it waits for or by something else that is to be done for it. */
  woken(): void {
    if (this.#since !== 0) {
      this.#isShort = this.#now() - this.#since <= LONGEST_MS;
      this.#since = 0;
      this.#unmeasured = this.#isShort ? 0 : UNMEASURED;
    }
  }

  #missed(took: number): void {
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
