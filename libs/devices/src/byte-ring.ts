/** Where a ring's parts lie in a buffer, in bytes. */
export interface ByteRingPlace {
  /** The word that counts the bytes put in; the producer's. */
  readonly head: number;
  /** The word that counts the bytes taken out; the consumer's. */
  readonly tail: number;
  readonly data: number;
  /** Bytes of data: a power of two. */
  readonly size: number;
}

/**
 * A ring of bytes in shared memory with one producer and one consumer, who need no lock.
 *
 *     data   [ . . . a b c d . . . ]      used = head - tail (both count up and wrap at 2^32)
 *                    ^       ^
 *                  tail     head
 *
 * The other side may be a process that was taken over, so whatever its word says, every index is
 * inside the data: positions are masked and their difference is bounded by the size.
 */
export class ByteRing {
  readonly size: number;
  /** Signed, so that a position is always a small integer to the engine and never allocates. */
  readonly #words: Int32Array;
  readonly #data: Uint8Array;
  readonly #head: number;
  readonly #tail: number;
  readonly #mask: number;

  /** @throws RangeError if the place is not aligned, is outside, or its size is no power of two */
  constructor(bytes: Uint8Array, { head, tail, data, size }: ByteRingPlace) {
    if ((size & (size - 1)) !== 0 || data + size > bytes.length || ((head | tail) & 3) !== 0) {
      throw new RangeError(`no ring of ${size} bytes at ${data} of ${bytes.length}`);
    }
    this.size = size;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.#data = bytes.subarray(data, data + size);
    this.#head = head >> 2;
    this.#tail = tail >> 2;
    this.#mask = size - 1;
  }

  /** Bytes that can be taken out. */
  get used(): number {
    const head = Atomics.load(this.#words, this.#head);
    return Math.min((head - Atomics.load(this.#words, this.#tail)) >>> 0, this.size);
  }

  /** Bytes that can be put in. */
  get free(): number {
    return this.size - this.used;
  }

  /** Producer: puts one byte in. There must be room. */
  push(byte: number): void {
    const head = Atomics.load(this.#words, this.#head);
    this.#data[head & this.#mask] = byte;
    // The atomic store comes after the data in every thread's view.
    Atomics.store(this.#words, this.#head, (head + 1) | 0);
  }

  /** Consumer: takes one byte out. There must be one. */
  pop(): number {
    const tail = Atomics.load(this.#words, this.#tail);
    const byte = this.#data[tail & this.#mask] ?? 0;
    Atomics.store(this.#words, this.#tail, (tail + 1) | 0);
    return byte;
  }

  /** Producer: where in the data the next byte goes. */
  get writeOffset(): number {
    return Atomics.load(this.#words, this.#head) & this.#mask;
  }

  /** Producer: bytes that fit from there on without going round. */
  get writeLength(): number {
    return Math.min(this.free, this.size - this.writeOffset);
  }

  /** Producer: `count` bytes were put where `writeOffset` and `writeLength` said. */
  produced(count: number): void {
    const head = Atomics.load(this.#words, this.#head);
    Atomics.store(this.#words, this.#head, (head + count) | 0);
  }

  /** Consumer: where in the data the next byte is. */
  get readOffset(): number {
    return Atomics.load(this.#words, this.#tail) & this.#mask;
  }

  /** Consumer: bytes that are there without going round. */
  get readLength(): number {
    return Math.min(this.used, this.size - this.readOffset);
  }

  /** Consumer: `count` bytes were taken from where `readOffset` and `readLength` said. */
  consumed(count: number): void {
    const tail = Atomics.load(this.#words, this.#tail);
    Atomics.store(this.#words, this.#tail, (tail + count) | 0);
  }
}
