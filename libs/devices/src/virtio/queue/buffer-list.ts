import type { Iovecs } from '@crosvm/sys-util';

import { type MemoryMap, PIECE_BYTES } from './memory-map';

/**
 * The buffers of a descriptor chain that the device reads, or those that it writes: checked ranges of
 * guest memory that together are one string of bytes. How the driver cut it into descriptors means
 * nothing (virtio 1.2, 2.7.4.1): offsets count from the string's start.
 */
export class BufferList {
  /** The offset in its piece of the byte that `find` found. */
  foundOffset = 0;
  /** Bytes from there to the end of its buffer or piece. */
  foundLength = 0;

  readonly #map: MemoryMap;
  /** Of each buffer: piece of memory, offset in it, bytes (unsigned). */
  readonly #pieces: Int32Array;
  readonly #offsets: Int32Array;
  readonly #lengths: Int32Array;
  #count = 0;
  #total = 0;

  /** @param capacity most buffers it can hold */
  constructor(map: MemoryMap, capacity: number) {
    this.#map = map;
    this.#pieces = new Int32Array(capacity);
    this.#offsets = new Int32Array(capacity);
    this.#lengths = new Int32Array(capacity);
  }

  /** Buffers; empty ones are left out. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all buffers together. They may overlap, so it can be more than there is memory. */
  get total(): number {
    return this.#total;
  }

  /** The guest's address of buffer `index`: for what names memory, and does not fill it. */
  guestAddressOf(index: number): number {
    return this.#map.guestOf(this.#pieces[index] ?? 0) + (this.#offsets[index] ?? 0);
  }

  /** Bytes of buffer `index`. */
  lengthOf(index: number): number {
    return (this.#lengths[index] ?? 0) >>> 0;
  }

  /** Empties the list. */
  clear(): void {
    this.#count = 0;
    this.#total = 0;
  }

  /** Adds a buffer of 1 to 2^32-1 bytes as it was located. There must be room. */
  push(piece: number, offset: number, length: number): void {
    this.#pieces[this.#count] = piece;
    this.#offsets[this.#count] = offset;
    this.#lengths[this.#count] = length;
    this.#count += 1;
    this.#total += length >>> 0;
  }

  /**
   * Makes `iovecs` those of `length` bytes from `from` on. Returns their bytes: fewer if the list ends
   * before, or if `iovecs` is full.
   */
  select(from: number, length: number, iovecs: Iovecs): number {
    iovecs.clear();
    return this.append(from, length, iovecs);
  }

  /** Like `select`, behind what `iovecs` has already. */
  append(from: number, length: number, iovecs: Iovecs): number {
    let skip = from;
    let left = length;
    for (let index = 0; index < this.#count && left > 0; index += 1) {
      const size = (this.#lengths[index] ?? 0) >>> 0;
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const host = this.#map.hostOf(this.#pieces[index] ?? 0) + (this.#offsets[index] ?? 0) + skip;
      const bytes = Math.min(size - skip, left);
      // SAFETY: `MemoryMap.locate` found the whole buffer in one region, which is mapped in one run.
      if (!iovecs.push(host, bytes)) {
        break;
      }
      left -= bytes;
      skip = 0;
    }
    return length - left;
  }

  /**
   * Copies `length` bytes from `from` on to the start of `into`: for headers; data goes by `select`.
   * Returns the bytes copied: fewer if the list ends before.
   */
  read(from: number, length: number, into: DataView): number {
    return this.#copy(from, length, into, false);
  }

  /** Copies the first `length` bytes of `source` to `from`; otherwise as `read`. */
  write(from: number, length: number, source: DataView): number {
    return this.#copy(from, length, source, true);
  }

  /**
   * The piece of memory with byte `at`, with `foundOffset` and `foundLength` set; -1 if the list ends
   * before.
   */
  find(at: number): number {
    let skip = at;
    for (let index = 0; index < this.#count; index += 1) {
      const size = (this.#lengths[index] ?? 0) >>> 0;
      if (skip < size) {
        const offset = (this.#offsets[index] ?? 0) + skip;
        const ahead = (offset / PIECE_BYTES) | 0;
        this.foundOffset = (offset - ahead * PIECE_BYTES) | 0;
        this.foundLength = Math.min(size - skip, PIECE_BYTES - this.foundOffset);
        return (this.#pieces[index] ?? 0) + ahead;
      }
      skip -= size;
    }
    return -1;
  }

  /** The bytes of a piece of memory that `find` found. */
  viewOf(piece: number): DataView {
    return this.#map.view(piece);
  }

  #copy(from: number, length: number, bytes: DataView, toGuest: boolean): number {
    let done = 0;
    while (done < length) {
      const piece = this.find(from + done);
      if (piece < 0) {
        break;
      }
      const view = this.#map.view(piece);
      const to = toGuest ? view : bytes;
      const source = toGuest ? bytes : view;
      // What is to be added to a position in `bytes` to have that in the guest's piece.
      const shift = this.foundOffset - done;
      const toShift = toGuest ? shift : 0;
      const sourceShift = shift - toShift;
      const end = Math.min(done + this.foundLength, length);
      for (; end - done >= 4; done += 4) {
        to.setInt32(done + toShift, source.getInt32(done + sourceShift));
      }
      for (; done < end; done += 1) {
        to.setUint8(done + toShift, source.getUint8(done + sourceShift));
      }
    }
    return done;
  }
}
