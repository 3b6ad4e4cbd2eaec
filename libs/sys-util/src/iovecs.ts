import { type HostAddress, TWO_POW_32 } from '@crosvm/data-model';

import { iovec } from './abi/socket';

const WORDS = iovec.size / 4;

/**
 * A list of memory ranges for `readv`, `writev` and their kin, in one buffer that is used again and
 * again: filling it allocates nothing.
 */
export class Iovecs {
  /** The `struct iovec[capacity]` itself, to hand to a call together with `count`. */
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;
  #count = 0;
  #total = 0;

  /** @param capacity most ranges it can hold; Linux takes at most 1024 (IOV_MAX) in one call */
  constructor(readonly capacity: number) {
    this.bytes = new Uint8Array(capacity * iovec.size);
    this.#words = new Uint32Array(this.bytes.buffer);
  }

  /** Ranges in the list. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all ranges together. */
  get total(): number {
    return this.#total;
  }

  /** Empties the list. */
  clear(): void {
    this.#count = 0;
    this.#total = 0;
  }

  /**
   * Adds a range; false, with nothing added, if the list is full.
   * The caller checked the range: take addresses from `GuestMemory.hostAddress`.
   */
  // SAFETY: the kernel reads or writes `length` bytes at `address` when the list is used.
  push(address: HostAddress, length: number): boolean {
    if (this.#count === this.capacity) {
      return false;
    }
    const at = this.#count * WORDS;
    this.#setPair(at, address);
    this.#setPair(at + 2, length);
    this.#count += 1;
    this.#total += length;
    return true;
  }

  /**
   * Takes the first `length` bytes off the list, as a call does that stops half-way: what is left is
   * what is to be done. Takes all if there are fewer.
   */
  consume(length: number): void {
    let left = length;
    let gone = 0;
    while (gone < this.#count && this.lengthOf(gone) <= left) {
      left -= this.lengthOf(gone);
      gone += 1;
    }
    this.#total -= length - left;
    this.#words.copyWithin(0, gone * WORDS, this.#count * WORDS);
    this.#count -= gone;
    if (this.#count > 0 && left > 0) {
      this.#setPair(0, this.addressOf(0) + left);
      this.#setPair(2, this.lengthOf(0) - left);
      this.#total -= left;
    }
  }

  /** Drops all ranges but the first `count`. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#count -= 1;
      this.#total -= this.lengthOf(this.#count);
    }
  }

  /** The address of range `index` of the list. */
  addressOf(index: number): HostAddress {
    return this.#pair(index * WORDS);
  }

  /** The length of range `index` of the list, in bytes. */
  lengthOf(index: number): number {
    return this.#pair(index * WORDS + 2);
  }

  #setPair(at: number, value: number): void {
    // A store to the array takes a number modulo 2^32 and without its fraction.
    this.#words[at] = value;
    this.#words[at + 1] = value / TWO_POW_32;
  }

  #pair(at: number): number {
    return (this.#words[at] ?? 0) + (this.#words[at + 1] ?? 0) * TWO_POW_32;
  }
}
