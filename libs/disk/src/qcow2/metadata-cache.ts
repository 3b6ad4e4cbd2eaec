import { Mapping } from '@crosvm/sys-util';

import type { ImageFile } from './image-file';

/** What a block that was changed is about; they are written apart, for the order matters. */
export const REFCOUNTS = 1;
/** L2 tables. */
export const MAPPINGS = 2;

type Kind = typeof REFCOUNTS | typeof MAPPINGS;

const CLEAN = 0;

/** Bytes of the cache. It covers 16 GiB of a disk with clusters of 64 KiB. */
const CACHE_BYTES = 2 * 2 ** 20;

/** Most bytes of a block: a page is read and written at once. */
const MAX_BLOCK_BYTES = 4096;

/** No block of a file. */
const NOTHING = -1;

/**
 * Blocks of an image's tables, as many as there is room for. A block is looked up by its number in the
 * file; what is done with it is done before the next one is looked up, which may take its place.
 */
export class MetadataCache {
  /** Bytes of a block: a part of a cluster. */
  readonly blockBytes: number;
  /** All blocks that are here. */
  readonly view: DataView;
  readonly #memory = Mapping.anonymous(CACHE_BYTES);
  readonly #file: ImageFile;
  readonly #makeClean: () => number;
  readonly #slots = new Map<number, number>();
  readonly #blocks: Float64Array;
  readonly #kinds: Uint8Array;
  readonly #used: Uint8Array;
  readonly #dirty = [0, 0, 0];
  #hand = 0;
  #lastBlock = NOTHING;
  #lastSlot = 0;

  /** @param makeClean writes all that was changed, in order; called when a changed L2 table has to make room */
  constructor(file: ImageFile, clusterBytes: number, makeClean: () => number) {
    this.#file = file;
    this.#makeClean = makeClean;
    this.blockBytes = Math.min(clusterBytes, MAX_BLOCK_BYTES);
    const count = CACHE_BYTES / this.blockBytes;
    const { bytes } = this.#memory;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#blocks = new Float64Array(count).fill(NOTHING);
    this.#kinds = new Uint8Array(count);
    this.#used = new Uint8Array(count);
  }

  /** Whether blocks of this kind wait to be written. */
  isDirty(kind: Kind): boolean {
    return this.#dirty[kind] !== 0;
  }

  /** Where in `view` the block is that has this byte of the file, and the byte itself; or a negative errno. */
  find(offset: number): number {
    const block = Math.floor(offset / this.blockBytes);
    const within = offset - block * this.blockBytes;
    if (block === this.#lastBlock) {
      return this.#lastSlot * this.blockBytes + within;
    }
    const slot = this.#slots.get(block) ?? this.#bring(block);
    if (slot < 0) {
      return slot;
    }
    this.#used[slot] = 1;
    this.#lastBlock = block;
    this.#lastSlot = slot;
    return slot * this.blockBytes + within;
  }

  /** The block that was found last was changed. */
  touch(kind: Kind): void {
    const slot = this.#lastSlot;
    if (this.#kinds[slot] === CLEAN) {
      this.#kinds[slot] = kind;
      this.#dirty[kind] = (this.#dirty[kind] ?? 0) + 1;
    }
  }

  /** Writes all blocks of a kind that were changed; 0 or a negative errno. */
  write(kind: Kind): number {
    for (let slot = 0; slot < this.#kinds.length && this.isDirty(kind); slot += 1) {
      const result = this.#kinds[slot] === kind ? this.#writeSlot(slot) : 0;
      if (result < 0) {
        return result;
      }
    }
    return 0;
  }

  /** Forgets what is here of a part of the file that is written past the cache, also what was changed. */
  forget(offset: number, length: number): void {
    const first = Math.floor(offset / this.blockBytes);
    const end = Math.ceil((offset + length) / this.blockBytes);
    for (let block = first; block < end; block += 1) {
      const slot = this.#slots.get(block);
      if (slot !== undefined) {
        this.#drop(slot);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#slots.clear();
    this.#lastBlock = NOTHING;
    this.#memory.unmap();
  }

  /** Reads a block into a slot, which it returns; or a negative errno. */
  #bring(block: number): number {
    const slot = this.#victim();
    const result = this.#kinds[slot] === CLEAN ? 0 : this.#clean(slot);
    if (result < 0) {
      return result;
    }
    this.#drop(slot);
    const { blockBytes } = this;
    const loaded = this.#file.load(this.#memory, slot * blockBytes, block * blockBytes, blockBytes);
    if (loaded < 0) {
      return loaded;
    }
    this.#blocks[slot] = block;
    this.#slots.set(block, slot);
    return slot;
  }

  /** A slot that was not used since the hand passed it last. */
  #victim(): number {
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#used.length;
      if (this.#used[slot] === 0) {
        return slot;
      }
      this.#used[slot] = 0;
    }
  }

  /** A refcount may be written whenever it is; an L2 table when all that it counts on is there. */
  #clean(slot: number): number {
    return this.#kinds[slot] === REFCOUNTS ? this.#writeSlot(slot) : this.#makeClean();
  }

  #writeSlot(slot: number): number {
    const { blockBytes } = this;
    const offset = (this.#blocks[slot] ?? 0) * blockBytes;
    const result = this.#file.store(this.#memory, slot * blockBytes, offset, blockBytes);
    if (result === 0) {
      this.#markClean(slot);
    }
    return result;
  }

  #markClean(slot: number): void {
    const kind = this.#kinds[slot] ?? CLEAN;
    if (kind !== CLEAN) {
      this.#kinds[slot] = CLEAN;
      this.#dirty[kind] = (this.#dirty[kind] ?? 0) - 1;
    }
  }

  #drop(slot: number): void {
    this.#markClean(slot);
    const block = this.#blocks[slot] ?? NOTHING;
    this.#slots.delete(block);
    this.#blocks[slot] = NOTHING;
    this.#used[slot] = 0;
    if (this.#lastBlock === block) {
      this.#lastBlock = NOTHING;
    }
  }
}
