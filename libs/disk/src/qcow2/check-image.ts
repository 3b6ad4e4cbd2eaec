import { TWO_POW_32 } from '@crosvm/data-model';
import { Mapping, SysError } from '@crosvm/sys-util';

import { ImageError } from '../image-error';
import { ClusterUses } from './cluster-uses';
import { clustersOf, compressedExtent } from './compressed';
import {
  ENTRY_BYTES,
  ENTRY_COMPRESSED_HIGH,
  ENTRY_COPIED_HIGH,
  ENTRY_OFFSET_HIGH,
  ENTRY_OFFSET_LOW,
  ENTRY_RESERVED_HIGH,
  ENTRY_ZERO_LOW,
} from './format';
import type { Qcow2Header } from './header';
import type { ImageFile } from './image-file';
import { readRefcount, refcountsPerBlock } from './refcounts';

/** What was found in an image that is whole. */
export interface ImageFacts {
  /** Clusters that count as used, but are not. */
  readonly leaks: number;
  /** There are compressed clusters. */
  readonly compressed: boolean;
}

/** Bits of L1 and refcount table entries that must be zero, in their lower halves. */
const RESERVED_LOW = 0x1ff;
/** Of L2 entries, where bit 0 may say that a cluster is zeroes. */
const L2_RESERVED_LOW = 0x1fe;

function corrupt(what: string): ImageError {
  return new ImageError('CORRUPT', `is corrupt: ${what}`);
}

/** Looks through all tables of an image. */
class Checker {
  readonly #header: Qcow2Header;
  readonly #file: ImageFile;
  readonly #uses: ClusterUses;
  /** A cluster. */
  readonly #buffer: Mapping;
  readonly #view: DataView;
  /** Nobody but this disk uses what it uses, so all of it can be written in place. */
  readonly #isAlone: boolean;
  #compressed = false;

  constructor(header: Qcow2Header, file: ImageFile) {
    const { clusterBytes } = header;
    this.#header = header;
    this.#file = file;
    this.#isAlone = header.snapshots === 0;
    this.#uses = new ClusterUses(Math.ceil(file.end / clusterBytes), clusterBytes);
    this.#buffer = Mapping.anonymous(clusterBytes);
    this.#view = new DataView(this.#buffer.bytes.buffer, this.#buffer.bytes.byteOffset);
  }

  /** @throws ImageError */
  check(): ImageFacts {
    const { clusterBytes, refcountTableClusters, refcountTableOffset } = this.#header;
    const { l1Entries, l1Offset, dirty } = this.#header;
    this.#uses.own(0, 1, 'its header');
    this.#uses.own(refcountTableOffset, refcountTableClusters, 'its refcount table');
    const l1Bytes = l1Entries * ENTRY_BYTES;
    this.#uses.own(l1Offset, Math.ceil(l1Bytes / clusterBytes), 'its L1 table');
    const blocks = this.#readTable(refcountTableOffset, refcountTableClusters * clusterBytes);
    for (const [, high, low] of blocks) {
      const offset = this.#tableOffset(high, low, 'a refcount block');
      this.#uses.own(offset, 1, 'a refcount block');
    }
    for (const [index, high, low] of this.#readTable(l1Offset, l1Bytes)) {
      const upper = high & ~ENTRY_COPIED_HIGH;
      const offset = this.#tableOffset(upper, low, 'an L2 table');
      this.#checkCopied(high, `L2 table ${index}`);
      this.#uses.own(offset, 1, 'an L2 table');
      this.#checkL2(offset);
    }
    const leaks = this.#isAlone && !dirty ? this.#checkRefcounts(blocks) : 0;
    return { leaks, compressed: this.#compressed };
  }

  [Symbol.dispose](): void {
    this.#buffer.unmap();
  }

  #load(offset: number, length: number): void {
    const result = this.#file.load(this.#buffer, 0, offset, length);
    if (result < 0) {
      const cause = new SysError('preadv', -result);
      throw new ImageError('IO', 'cannot be read', { cause });
    }
  }

  /** The entries of a table that are not zero: index, upper and lower half. */
  #readTable(offset: number, bytes: number): Entry[] {
    const { clusterBytes } = this.#header;
    const entries: Entry[] = [];
    for (let at = 0; at < bytes; at += clusterBytes) {
      const length = Math.min(clusterBytes, bytes - at);
      this.#load(offset + at, length);
      for (let entry = 0; entry < length; entry += ENTRY_BYTES) {
        const high = this.#view.getUint32(entry);
        const low = this.#view.getUint32(entry + 4);
        if (high !== 0 || low !== 0) {
          entries.push([(at + entry) / ENTRY_BYTES, high, low]);
        }
      }
    }
    return entries;
  }

  #tableOffset(high: number, low: number, what: string): number {
    if ((high & ~ENTRY_OFFSET_HIGH) !== 0 || (low & RESERVED_LOW) !== 0) {
      throw corrupt(`the place of ${what} has bits that it cannot have`);
    }
    return high * TWO_POW_32 + low;
  }

  #checkCopied(high: number, what: string): void {
    if (this.#isAlone && (high & ENTRY_COPIED_HIGH) === 0) {
      throw corrupt(`${what} counts as used by somebody else, who is not there`);
    }
  }

  #checkL2(table: number): void {
    const { clusterBytes } = this.#header;
    this.#load(table, clusterBytes);
    for (let at = 0; at < clusterBytes; at += ENTRY_BYTES) {
      const high = this.#view.getUint32(at);
      const low = this.#view.getUint32(at + 4);
      if ((high & ENTRY_COMPRESSED_HIGH) !== 0) {
        this.#compressed = true;
        const extent = compressedExtent(high, low, clusterBytes);
        const { first, count } = clustersOf(extent, clusterBytes);
        this.#uses.share(first, count, 'a compressed cluster');
      } else if (high !== 0 || low !== 0) {
        this.#checkData(high, low);
      }
    }
  }

  #checkData(high: number, low: number): void {
    const isZero = (low & ENTRY_ZERO_LOW) !== 0;
    const isReserved = (high & ENTRY_RESERVED_HIGH) !== 0 || (low & L2_RESERVED_LOW) !== 0;
    if (isReserved || (isZero && this.#header.version === 2)) {
      throw corrupt('an L2 entry has bits that it cannot have');
    }
    const offset = (high & ENTRY_OFFSET_HIGH) * TWO_POW_32 + ((low & ENTRY_OFFSET_LOW) >>> 0);
    if (offset !== 0) {
      this.#checkCopied(high, 'a cluster');
      this.#uses.own(offset, 1, 'a cluster');
    }
  }

  /** Compares what is used with what is said of it; returns what is said to be used and is not. */
  #checkRefcounts(blocks: readonly Entry[]): number {
    const { clusterBytes, refcountBits } = this.#header;
    const perBlock = refcountsPerBlock(clusterBytes, refcountBits);
    const places = new Map(
      blocks.map(([index, high, low]) => [index, high * TWO_POW_32 + low] as const),
    );
    let leaks = 0;
    for (let first = 0; first < this.#uses.clusters; first += perBlock) {
      const place = places.get(first / perBlock);
      if (place === undefined) {
        this.#buffer.bytes.fill(0);
      } else {
        this.#load(place, clusterBytes);
      }
      const count = Math.min(perBlock, this.#uses.clusters - first);
      leaks += this.#checkBlock(first, count);
    }
    return leaks;
  }

  #checkBlock(first: number, count: number): number {
    const { refcountBits } = this.#header;
    let leaks = 0;
    for (let index = 0; index < count; index += 1) {
      const said = readRefcount(this.#view, index, refcountBits);
      const uses = this.#uses.get(first + index);
      if (said < uses || (said > uses && this.#uses.isOwned(first + index))) {
        throw corrupt(
          `cluster ${first + index} is used ${uses} times, but its refcount is ${said}`,
        );
      }
      leaks += said > uses && uses === 0 ? 1 : 0;
    }
    return leaks;
  }
}

type Entry = readonly [index: number, high: number, low: number];

/**
 * Looks through an image: whether all that its tables name is in the file, and used once, and counted so.
 * It takes time by the number of tables, not by that of clusters of the disk.
 * @throws ImageError
 */
export function checkImage(header: Qcow2Header, file: ImageFile): ImageFacts {
  using checker = new Checker(header, file);
  return checker.check();
}
