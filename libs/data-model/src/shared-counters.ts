/** What the high word counts. Less than half of what an `Int32Array` holds, so that a sum is no double. */
const UNIT = 2 ** 29;

const LOW_MASK = UNIT - 1;
const WORDS_PER_COUNTER = 2;

/** Times that a reader looks again at a counter that is being written. */
const MAX_LOOKS = 8;

/**
 * Counters in memory that others read: one thread of one process adds, anybody reads, nobody waits.
 *
 *     word 2n        value mod 2^29, and above it the lowest bit of word 2n + 1
 *     word 2n + 1    value / 2^29
 *
 * Adding allocates nothing, interpreted or compiled, because every word is a small integer to the engine;
 * it costs a load, a comparison and a store, and once in 2^29 more. The bit that both words have tells a
 * reader that it caught them between two stores. Whatever is in the memory, what is read is a whole number
 * that is not negative; it is exact up to 2^53.
 */
export class SharedCounters {
  readonly #words: Int32Array;
  readonly #first: number;

  /**
   * @param words the memory, zeroed when it was made
   * @param first the word where the counters begin
   */
  constructor(words: Int32Array, first: number) {
    this.#words = words;
    this.#first = first;
  }

  /** Bytes of so many counters. */
  static size(count: number): number {
    return count * WORDS_PER_COUNTER * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Counters that nobody else reads. */
  static own(count: number): SharedCounters {
    return new SharedCounters(new Int32Array(count * WORDS_PER_COUNTER), 0);
  }

  /** Adds 1 to counter `index`. */
  increment(index: number): void {
    this.add(index, 1);
  }

  /** Adds a whole number that is not negative to counter `index`. */
  add(index: number, amount: number): void {
    const words = this.#words;
    const at = this.#first + index * WORDS_PER_COUNTER;
    const low = words[at] ?? 0;
    const sum = low + amount;
    if (amount < UNIT && ((sum ^ low) & UNIT) === 0) {
      words[at] = sum;
    } else {
      this.#carry(at, amount);
    }
  }

  /** The value of counter `index`. */
  read(index: number): number {
    const words = this.#words;
    const at = this.#first + index * WORDS_PER_COUNTER;
    let low = 0;
    let high = 0;
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      high = Atomics.load(words, at + 1);
      low = Atomics.load(words, at);
      if (Number((low & UNIT) !== 0) === (high & 1) && Atomics.load(words, at + 1) === high) {
        break;
      }
    }
    return Math.max(high, 0) * UNIT + (low & LOW_MASK);
  }

  #carry(at: number, amount: number): void {
    const words = this.#words;
    const value = ((words[at] ?? 0) & LOW_MASK) + amount;
    const high = (words[at + 1] ?? 0) + Math.floor(value / UNIT);
    // The high word first: the other order would show less than there was.
    Atomics.store(words, at + 1, high);
    Atomics.store(words, at, (value % UNIT) + (high & 1) * UNIT);
  }
}
