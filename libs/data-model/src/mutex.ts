/*
 * The three states of Drepper's futex mutex ("Futexes Are Tricky", section 5): an uncontended lock
 * and unlock is one atomic operation each and never a system call.
 */
const FREE = 0;
const LOCKED = 1;
const CONTENDED = 2;

/**
 * A mutex in shared memory, for the threads of one process.
 * Not recursive. The word must start as zero.
 */
export class SharedMutex {
  readonly #words: Int32Array;
  readonly #index: number;

  /**
   * The mutex that lives in `words[index]`.
   * @throws TypeError if the array is not over a `SharedArrayBuffer`
   */
  constructor(words: Int32Array, index: number) {
    if (!(words.buffer instanceof SharedArrayBuffer)) {
      throw new TypeError('a mutex needs shared memory');
    }
    if (index < 0 || index >= words.length) {
      throw new RangeError(`mutex word ${index} of ${words.length}`);
    }
    this.#words = words;
    this.#index = index;
  }

  /** Takes the mutex, and waits while another thread has it. */
  lock(): void {
    if (Atomics.compareExchange(this.#words, this.#index, FREE, LOCKED) === FREE) {
      return;
    }
    while (Atomics.exchange(this.#words, this.#index, CONTENDED) !== FREE) {
      Atomics.wait(this.#words, this.#index, CONTENDED);
    }
  }

  /** Takes the mutex if it is free; says whether it did. */
  tryLock(): boolean {
    return Atomics.compareExchange(this.#words, this.#index, FREE, LOCKED) === FREE;
  }

  /**
   * Gives the mutex back and wakes one waiter. Only its holder may call this.
   * @throws Error if the mutex is not locked
   */
  unlock(): void {
    const previous = Atomics.exchange(this.#words, this.#index, FREE);
    if (previous === FREE) {
      throw new Error('unlock of a mutex that is not locked');
    }
    if (previous === CONTENDED) {
      Atomics.notify(this.#words, this.#index, 1);
    }
  }
}
