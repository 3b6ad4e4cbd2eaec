import { TWO_POW_32 } from '@crosvm/data-model';
import { Errno, Mapping } from '@crosvm/sys-util';

import type { Allocator } from './allocator';
import {
  ENTRY_BYTES,
  ENTRY_COMPRESSED_HIGH,
  ENTRY_COPIED_HIGH,
  ENTRY_OFFSET_HIGH,
  ENTRY_OFFSET_LOW,
  ENTRY_ZERO_LOW,
} from './format';
import { l2EntriesOf, type Qcow2Header } from './header';
import type { ImageFile } from './image-file';
import { MAPPINGS, type MetadataCache, REFCOUNTS } from './metadata-cache';

/** What a part of the disk is in: nothing; the backing file shows through, or zeroes. */
export const UNALLOCATED = 0;
/** Zeroes without a cluster. */
export const ZERO = 1;
/** Zeroes, with a cluster whose contents do not count. */
export const ZERO_ALLOCATED = 2;
/** A cluster. */
export const DATA = 3;
/** A part of the file that is to be decompressed; of one cluster. */
export const COMPRESSED = 4;

type Kind =
  typeof UNALLOCATED | typeof ZERO | typeof ZERO_ALLOCATED | typeof DATA | typeof COMPRESSED;

/** Bytes of the L1 table that are written together. */
const L1_BLOCK_BYTES = 4096;

/** What a map works with. */
export interface ClusterMapParts {
  readonly file: ImageFile;
  readonly cache: MetadataCache;
  /** A cluster of zeroes. */
  readonly zeroes: Mapping;
}

/**
 * Which part of an image's file has which part of the disk. Calls answer 0 or a negative errno. What is
 * changed is in memory until `settle`.
 */
export class ClusterMap {
  /** What the run is in that was looked up last. */
  kind: Kind = UNALLOCATED;
  /** Where in the file it begins, of DATA and ZERO_ALLOCATED, in bytes. */
  host = 0;
  /** Its bytes, all of the same kind and beside each other in the file. */
  bytes = 0;
  /** The halves of the entry of a compressed cluster. */
  entryHigh = 0;
  entryLow = 0;
  readonly #parts: ClusterMapParts;
  readonly #header: Qcow2Header;
  readonly #clusterBytes: number;
  readonly #l2Entries: number;
  readonly #l1: Mapping;
  readonly #l1View: DataView;
  /** Where the L2 tables are in the file; 0: there is none. */
  readonly #tables: Float64Array;
  readonly #dirtyL1 = new Set<number>();

  constructor(header: Qcow2Header, parts: ClusterMapParts) {
    this.#parts = parts;
    this.#header = header;
    this.#clusterBytes = header.clusterBytes;
    this.#l2Entries = l2EntriesOf(header.clusterBytes);
    this.#l1 = Mapping.anonymous(Math.max(1, header.l1Entries * ENTRY_BYTES));
    this.#l1View = new DataView(this.#l1.bytes.buffer, this.#l1.bytes.byteOffset);
    this.#tables = new Float64Array(header.l1Entries);
  }

  /** Reads the L1 table; once, before anything else. */
  load(): number {
    const { l1Offset, l1Entries } = this.#header;
    const result = this.#parts.file.load(this.#l1, 0, l1Offset, l1Entries * ENTRY_BYTES);
    for (let index = 0; index < l1Entries; index += 1) {
      const high = this.#l1View.getUint32(index * ENTRY_BYTES) & ENTRY_OFFSET_HIGH;
      const low = this.#l1View.getUint32(index * ENTRY_BYTES + 4) & ENTRY_OFFSET_LOW;
      this.#tables[index] = high * TWO_POW_32 + (low >>> 0);
    }
    return result;
  }

  /** Looks up what the disk has at `offset`, and how much of the `length` bytes from there on are a run. */
  lookup(offset: number, length: number): number {
    const cluster = Math.floor(offset / this.#clusterBytes);
    const within = offset - cluster * this.#clusterBytes;
    const index = cluster % this.#l2Entries;
    const table = this.#tables[Math.floor(cluster / this.#l2Entries)] ?? 0;
    if (table === 0) {
      this.kind = UNALLOCATED;
      this.#end(within, this.#l2Entries - index, length);
      return 0;
    }
    const { cache } = this.#parts;
    const at = cache.find(table + index * ENTRY_BYTES);
    if (at < 0) {
      return at;
    }
    const host = this.#decode(at);
    if (host % this.#clusterBytes !== 0 && this.kind !== COMPRESSED) {
      return -Errno.EIO;
    }
    const { kind } = this;
    const most = kind === COMPRESSED ? 1 : this.#entriesFrom(at);
    let count = 1;
    while (count < most && count * this.#clusterBytes - within < length) {
      const next = this.#decode(at + count * ENTRY_BYTES);
      const isNext = this.kind === kind && next === this.#hostAfter(host, count);
      this.kind = kind;
      if (!isNext) {
        break;
      }
      count += 1;
    }
    this.host = host + within;
    this.#end(within, count, length);
    return 0;
  }

  /** Sees to it that there is an L2 table for the cluster at `offset`. */
  ensureTable(offset: number, allocator: Allocator): number {
    const { file, cache, zeroes } = this.#parts;
    const index = Math.floor(offset / this.#clusterBytes / this.#l2Entries);
    if (this.#tables[index] !== 0) {
      return 0;
    }
    const count = allocator.allocate(1);
    if (count < 0) {
      return count;
    }
    const { first } = allocator;
    const table = first * this.#clusterBytes;
    cache.forget(table, this.#clusterBytes);
    // At once, so that the L1 table may name it whenever all that was written before is on the disk.
    const result = file.store(zeroes, 0, table, this.#clusterBytes);
    if (result < 0) {
      allocator.free(first, 1);
      return result;
    }
    this.#tables[index] = table;
    this.#l1View.setUint32(index * ENTRY_BYTES, (table / TWO_POW_32) | ENTRY_COPIED_HIGH);
    this.#l1View.setUint32(index * ENTRY_BYTES + 4, table);
    this.#dirtyL1.add(Math.floor((index * ENTRY_BYTES) / L1_BLOCK_BYTES));
    return 0;
  }

  /**
   * Maps `count` clusters of the disk, from the one at `offset` on, whose table there is, to clusters of
   * the file from `host` on; 0: to none.
   * @param zero they read as zeroes, whatever is there
   */
  assign(offset: number, count: number, { host, zero }: Target): number {
    const first = Math.floor(offset / this.#clusterBytes);
    const { cache } = this.#parts;
    for (let index = 0; index < count; index += 1) {
      const cluster = first + index;
      const table = this.#tables[Math.floor(cluster / this.#l2Entries)] ?? 0;
      const at = cache.find(table + (cluster % this.#l2Entries) * ENTRY_BYTES);
      if (at < 0) {
        return at;
      }
      const to = host === 0 ? 0 : host + index * this.#clusterBytes;
      const copied = host === 0 ? 0 : ENTRY_COPIED_HIGH;
      cache.view.setUint32(at, (to / TWO_POW_32) | copied);
      cache.view.setUint32(at + 4, (to | (zero ? ENTRY_ZERO_LOW : 0)) >>> 0);
      cache.touch(MAPPINGS);
    }
    return 0;
  }

  /**
   * Puts all that was changed on the disk, for good. What a mapping counts on comes first: the data, the
   * refcounts, and L2 tables that are empty yet. After a crash between any two writes an image is
   * whole; clusters may be lost.
   */
  settle(): number {
    const { file, cache } = this.#parts;
    const { disk } = file;
    if (!cache.isDirty(MAPPINGS) && this.#dirtyL1.size === 0) {
      return disk.flush();
    }
    return (
      cache.write(REFCOUNTS) ||
      disk.flush() ||
      cache.write(MAPPINGS) ||
      this.#writeL1() ||
      disk.flush()
    );
  }

  [Symbol.dispose](): void {
    this.#l1.unmap();
  }

  /** What entry `at` of the cache's view says: sets `kind`, returns where its cluster is. */
  #decode(at: number): number {
    const { view } = this.#parts.cache;
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if ((high & ENTRY_COMPRESSED_HIGH) !== 0) {
      this.kind = COMPRESSED;
      this.entryHigh = high;
      this.entryLow = low;
      // Never beside another one.
      return NaN;
    }
    const host = (high & ENTRY_OFFSET_HIGH) * TWO_POW_32 + ((low & ENTRY_OFFSET_LOW) >>> 0);
    const isZero = (low & ENTRY_ZERO_LOW) !== 0 && this.#header.version > 2;
    if (isZero) {
      this.kind = host === 0 ? ZERO : ZERO_ALLOCATED;
    } else {
      this.kind = host === 0 ? UNALLOCATED : DATA;
    }
    return host;
  }

  /** Where the cluster is to be that is `count` clusters behind another one in a run. */
  #hostAfter(host: number, count: number): number {
    return host === 0 ? 0 : host + count * this.#clusterBytes;
  }

  /** Entries of the block in the cache from this one on: what is behind it is another block. */
  #entriesFrom(at: number): number {
    const { blockBytes } = this.#parts.cache;
    return (blockBytes - (at % blockBytes)) / ENTRY_BYTES;
  }

  #end(within: number, clusters: number, length: number): void {
    this.bytes = Math.min(length, clusters * this.#clusterBytes - within);
  }

  #writeL1(): number {
    const { l1Offset, l1Entries } = this.#header;
    for (const block of this.#dirtyL1) {
      const at = block * L1_BLOCK_BYTES;
      const bytes = Math.min(L1_BLOCK_BYTES, l1Entries * ENTRY_BYTES - at);
      const result = this.#parts.file.store(this.#l1, at, l1Offset + at, bytes);
      if (result < 0) {
        return result;
      }
      this.#dirtyL1.delete(block);
    }
    return 0;
  }
}

/** What clusters are mapped to. */
export interface Target {
  /** Where the first one is in the file, in bytes; 0: nowhere. */
  readonly host: number;
  readonly zero: boolean;
}
