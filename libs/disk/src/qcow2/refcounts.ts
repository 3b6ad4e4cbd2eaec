import { TWO_POW_32 } from '@crosvm/data-model';
import { Errno, Mapping } from '@crosvm/sys-util';

import { ENTRY_BYTES, ENTRY_OFFSET_LOW } from './format';
import type { ImageFile } from './image-file';
import { type MetadataCache, REFCOUNTS } from './metadata-cache';

/** Where refcounts are, and what they are like. */
export interface RefcountLayout {
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
}

/** What refcounts are read and written by. */
export interface RefcountParts {
  readonly file: ImageFile;
  readonly cache: MetadataCache;
  /** A cluster of zeroes. */
  readonly zeroes: Mapping;
}

/** How often each cluster of an image is used. Calls answer a negative errno where they fail. */
export class Refcounts {
  readonly #parts: RefcountParts;
  readonly #layout: RefcountLayout;
  readonly #table: Mapping;
  readonly #tableView: DataView;
  /** Refcounts of a block, which is a cluster. */
  readonly #perBlock: number;
  /** Where the blocks are in the file; 0: there is none. */
  readonly #blocks: Float64Array;

  constructor(layout: RefcountLayout, parts: RefcountParts) {
    const { clusterBytes, refcountBits, refcountTableClusters } = layout;
    this.#parts = parts;
    this.#layout = layout;
    this.#perBlock = refcountsPerBlock(clusterBytes, refcountBits);
    this.#table = Mapping.anonymous(refcountTableClusters * clusterBytes);
    this.#tableView = new DataView(this.#table.bytes.buffer, this.#table.bytes.byteOffset);
    this.#blocks = new Float64Array((refcountTableClusters * clusterBytes) / ENTRY_BYTES);
  }

  /** Reads the table; once, before anything else. */
  load(): number {
    const { refcountTableOffset: offset } = this.#layout;
    const bytes = this.#blocks.length * ENTRY_BYTES;
    const result = this.#parts.file.load(this.#table, 0, offset, bytes);
    for (let index = 0; index < this.#blocks.length; index += 1) {
      const high = this.#tableView.getUint32(index * ENTRY_BYTES);
      const low = this.#tableView.getUint32(index * ENTRY_BYTES + 4) & ENTRY_OFFSET_LOW;
      this.#blocks[index] = high * TWO_POW_32 + (low >>> 0);
    }
    return result;
  }

  /** Whether there is a refcount for this cluster in the image; where there is none, it counts as 0. */
  covers(cluster: number): boolean {
    return this.#blockOf(cluster) !== 0;
  }

  /** How often a cluster is used. */
  get(cluster: number): number {
    if (!this.covers(cluster)) {
      return 0;
    }
    const at = this.#find(cluster);
    if (at < 0) {
      return at;
    }
    return readUses(this.#parts.cache.view, at, this.#shift(cluster), this.#layout.refcountBits);
  }

  /** Says how often a cluster is used, which `covers` it. */
  set(cluster: number, value: number): number {
    const at = this.#find(cluster);
    if (at < 0) {
      return at;
    }
    const { cache } = this.#parts;
    writeUses(cache.view, at, {
      shift: this.#shift(cluster),
      bits: this.#layout.refcountBits,
      value,
    });
    cache.touch(REFCOUNTS);
    return 0;
  }

  /**
   * Makes a free cluster the block that has its own refcount and those around it. All of the block is
   * on the disk before the table names it: at any time a crash leaves an image as it was, or with it.
   */
  addBlock(cluster: number): number {
    const index = Math.floor(cluster / this.#perBlock);
    if (index >= this.#blocks.length) {
      return -Errno.ENOSPC;
    }
    const { clusterBytes } = this.#layout;
    const offset = cluster * clusterBytes;
    this.#blocks[index] = offset;
    const result = this.#writeBlock(cluster, index);
    if (result < 0) {
      this.#blocks[index] = 0;
      this.#parts.cache.forget(offset, clusterBytes);
    }
    return result;
  }

  [Symbol.dispose](): void {
    this.#table.unmap();
  }

  #writeBlock(cluster: number, index: number): number {
    const { file, cache, zeroes } = this.#parts;
    const { clusterBytes, refcountTableOffset } = this.#layout;
    const offset = cluster * clusterBytes;
    cache.forget(offset, clusterBytes);
    const at = index * ENTRY_BYTES;
    this.#tableView.setUint32(at, offset / TWO_POW_32);
    this.#tableView.setUint32(at + 4, offset);
    return (
      file.store(zeroes, 0, offset, clusterBytes) ||
      this.set(cluster, 1) ||
      cache.write(REFCOUNTS) ||
      file.disk.flush() ||
      file.store(this.#table, at, refcountTableOffset + at, ENTRY_BYTES)
    );
  }

  #blockOf(cluster: number): number {
    return this.#blocks[Math.floor(cluster / this.#perBlock)] ?? 0;
  }

  /** Where a refcount, or the byte that it is in, is in the cache's view. */
  #find(cluster: number): number {
    const within = ((cluster % this.#perBlock) * this.#layout.refcountBits) / 8;
    return this.#parts.cache.find(this.#blockOf(cluster) + Math.floor(within));
  }

  /** Refcounts of less than a byte begin with its lowest bits. */
  #shift(cluster: number): number {
    return (cluster * this.#layout.refcountBits) % 8;
  }
}

/** How many clusters' refcounts fit into one. */
export function refcountsPerBlock(clusterBytes: number, refcountBits: number): number {
  return (clusterBytes * 8) / refcountBits;
}

/** The refcount with number `index` of a block. */
export function readRefcount(block: DataView, index: number, bits: number): number {
  return readUses(block, Math.floor((index * bits) / 8), (index * bits) % 8, bits);
}

/** Changes the refcount with number `index` of a block. */
export function writeRefcount(
  block: DataView,
  index: number,
  { bits, value }: { readonly bits: number; readonly value: number },
): void {
  writeUses(block, Math.floor((index * bits) / 8), { shift: (index * bits) % 8, bits, value });
}

function readUses(view: DataView, at: number, shift: number, bits: number): number {
  switch (bits) {
    case 8:
      return view.getUint8(at);
    case 16:
      return view.getUint16(at);
    case 32:
      return view.getUint32(at);
    case 64:
      return view.getUint32(at) * TWO_POW_32 + view.getUint32(at + 4);
    default:
      return (view.getUint8(at) >> shift) & (2 ** bits - 1);
  }
}

interface Uses {
  readonly shift: number;
  readonly bits: number;
  readonly value: number;
}

function writeUses(view: DataView, at: number, { shift, bits, value }: Uses): void {
  switch (bits) {
    case 8:
      view.setUint8(at, value);
      break;
    case 16:
      view.setUint16(at, value);
      break;
    case 32:
      view.setUint32(at, value);
      break;
    case 64:
      view.setUint32(at, value / TWO_POW_32);
      view.setUint32(at + 4, value);
      break;
    default: {
      const others = view.getUint8(at) & ~((2 ** bits - 1) << shift);
      view.setUint8(at, others | (value << shift));
    }
  }
}
