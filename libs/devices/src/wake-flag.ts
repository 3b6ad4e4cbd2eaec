/**
 * A word in shared memory by which one side says that it wants to be woken by the other.
 *
 * The side that wants something raises the flag, and *then* looks whether it is already there. The
 * side that provides it puts it there, and *then* takes the flag, and wakes whoever raised it:
 *
 *     wanting side                      providing side
 *     W1  raise()                       P1  publish (an atomic store of a ring position)
 *     W2  look (an atomic load)         P2  take(), and wake if it was raised
 *
 * No wake-up is lost. All four are sequentially consistent atomics, so they have one order in which
 * W1 is before W2 and P1 before P2. If W2 misses what P1 published, then W2 is before P1, so W1 is
 * before P2, and P2 finds the flag raised. A flag that is taken needs one wake-up, not many: `take`
 * answers true once for each time it was raised.
 *
 * A wake-up may come late: the other side was held up between P1 and P2, and meanwhile what it put
 * there was found and dealt with, and the flag raised anew. So whoever is woken and finds nothing
 * begins again with W1: its flag has been taken.
 */
export class WakeFlag {
  readonly #words: Int32Array;
  readonly #index: number;

  /** The flag that lives in `words[index]`; it starts as zero, lowered. */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** Whether it is raised. */
  get raised(): boolean {
    return Atomics.load(this.#words, this.#index) !== 0;
  }

  /** Asks to be woken. Look again for what is wanted after this. */
  raise(): void {
    Atomics.store(this.#words, this.#index, 1);
  }

  /** Asks no more. */
  lower(): void {
    Atomics.store(this.#words, this.#index, 0);
  }

  /** Lowers the flag; true if it was raised, and then the caller owes a wake-up. */
  take(): boolean {
    // The load keeps the common case, nobody waits, free of a locked write to the other's cache line.
    return (
      Atomics.load(this.#words, this.#index) !== 0 &&
      Atomics.exchange(this.#words, this.#index, 0) !== 0
    );
  }
}
