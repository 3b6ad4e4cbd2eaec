import { Iovecs, Mapping } from '@crosvm/sys-util';

import type { Disk } from '../disk';
import { Allocator } from './allocator';
import { ClusterMap, COMPRESSED, DATA, UNALLOCATED, ZERO, ZERO_ALLOCATED } from './cluster-map';
import { clustersOf, CompressedClusters } from './compressed';
import type { Qcow2Header } from './header';
import type { ImageFile } from './image-file';
import { MetadataCache, REFCOUNTS } from './metadata-cache';
import { Refcounts } from './refcounts';
import { type Backing, RunReader } from './run-reader';
import { RunWriter } from './run-writer';

/** What a qcow2 disk is made of. All of it is the disk's from now on, descriptors excepted. */
export interface Qcow2DiskOptions {
  readonly header: Qcow2Header;
  readonly file: ImageFile;
  /** Zeroes without an end, at any offset. */
  readonly zeroes: Disk;
  readonly backing?: Backing | undefined;
  /** Bytes that the file may have at most. */
  readonly maxFileBytes: number;
  /** Whether there may be compressed clusters. */
  readonly compressed: boolean;
  /** What is not needed is given back to the host. */
  readonly sparse: boolean;
}

/**
 * A disk in a qcow2 image. Data goes straight between the file and the caller's memory, a run of
 * clusters beside each other by one call; tables are looked up in a cache of a fixed size.
 *
 * After a crash at any moment the image is whole: clusters may be lost, but none is used twice, and what
 * was flushed is there. The order of writes that this takes is `ClusterMap.settle`'s and `Allocator`'s.
 */
export class Qcow2Disk implements Disk, Disposable {
  readonly #options: Qcow2DiskOptions;
  readonly #file: ImageFile;
  readonly #clusterBytes: number;
  /** A cluster of zeroes; nothing is ever written to it, so it takes no room. */
  readonly #zeroes: Mapping;
  readonly #cache: MetadataCache;
  readonly #map: ClusterMap;
  readonly #refcounts: Refcounts;
  readonly #allocator: Allocator;
  readonly #compressed: CompressedClusters | undefined;
  readonly #reader: RunReader;
  readonly #writer: RunWriter;
  readonly #zeroRange = new Iovecs(1);

  constructor(options: Qcow2DiskOptions) {
    const { header, file, maxFileBytes, sparse } = options;
    const { clusterBytes } = header;
    this.#options = options;
    this.#file = file;
    this.#clusterBytes = clusterBytes;
    this.#zeroes = Mapping.anonymous(clusterBytes);
    this.#cache = new MetadataCache(file, clusterBytes, () => this.#map.settle());
    const parts = { file, cache: this.#cache, zeroes: this.#zeroes };
    this.#map = new ClusterMap(header, parts);
    this.#refcounts = new Refcounts(header, parts);
    this.#allocator = new Allocator({
      refcounts: this.#refcounts,
      clusters: Math.ceil(file.end / clusterBytes),
      maxClusters: Math.floor(maxFileBytes / clusterBytes),
      settle: () => this.flush(),
      discard: (first, count) => {
        if (sparse) {
          file.disk.discard(first * clusterBytes, count * clusterBytes);
        }
      },
    });
    this.#compressed = options.compressed ? new CompressedClusters(file, clusterBytes) : undefined;
    const { zeroes, backing } = options;
    const map = this.#map;
    const compressed = this.#compressed;
    this.#reader = new RunReader({ map, file, clusterBytes, zeroes, backing, compressed });
    this.#writer = new RunWriter({
      map,
      file,
      clusterBytes,
      allocator: this.#allocator,
      reader: this.#reader,
      hasBacking: backing !== undefined,
      zeroes: this.#zeroes,
    });
  }

  /** Reads the tables; once, before anything else. 0 or a negative errno. */
  load(): number {
    return this.#map.load() || this.#refcounts.load();
  }

  read(iovecs: Iovecs, offset: number): number {
    return this.#reader.read(iovecs, offset);
  }

  write(iovecs: Iovecs, offset: number): number {
    return this.#writer.write(iovecs, offset);
  }

  flush(): number {
    const result = this.#map.settle();
    if (result === 0) {
      this.#allocator.release();
    }
    return result;
  }

  discard(offset: number, length: number): number {
    const first = Math.ceil(offset / this.#clusterBytes) * this.#clusterBytes;
    const end = this.#wholeEnd(offset + length);
    for (let at = first; at < end; at += this.#map.bytes) {
      const result = this.#map.lookup(at, end - at) || (this.#canDrop() ? this.#drop(at) : 0);
      if (result < 0) {
        return result;
      }
    }
    return this.#allocator.isFull ? this.flush() : 0;
  }

  writeZeroes(offset: number, length: number, mayUnmap: boolean): number {
    const unmap = mayUnmap && this.#options.sparse;
    const end = offset + length;
    const wholeEnd = this.#wholeEnd(end);
    for (let at = offset; at < end;) {
      const within = at % this.#clusterBytes;
      const isWhole = within === 0 && at < wholeEnd;
      const most = isWhole ? wholeEnd - at : Math.min(this.#clusterBytes - within, end - at);
      const found = this.#map.lookup(at, most);
      if (found < 0) {
        return found;
      }
      const { bytes } = this.#map;
      const result = isWhole ? this.#zeroWhole(at, unmap) : this.#zeroPart(at, unmap);
      if (result < 0) {
        return result;
      }
      at += bytes;
    }
    return this.#allocator.isFull ? this.flush() : 0;
  }

  /** Puts all on the disk for good, also which clusters are free: without that they would be lost. */
  settle(): number {
    return this.flush() || this.#cache.write(REFCOUNTS) || this.#file.disk.flush();
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
    this.settle();
    this.#options.backing?.disk[Symbol.dispose]?.();
    this.#compressed?.[Symbol.dispose]();
    this.#map[Symbol.dispose]();
    this.#refcounts[Symbol.dispose]();
    this.#cache[Symbol.dispose]();
    this.#zeroes.unmap();
  }

  /** The end of the clusters that are wholly before `end`; the disk's last one is, if its end is. */
  #wholeEnd(end: number): number {
    const isAll = end >= this.#options.header.virtualBytes;
    const clusters = end / this.#clusterBytes;
    return (isAll ? Math.ceil(clusters) : Math.floor(clusters)) * this.#clusterBytes;
  }

  /** Whether a cluster can be given up and reads as zeroes then. */
  #canDrop(): boolean {
    return this.#options.header.version > 2 || this.#options.backing === undefined;
  }

  /** Gives up the whole clusters that were looked up at `offset`, if there are any. */
  #drop(offset: number): number {
    const { kind, host, bytes } = this.#map;
    if (kind === UNALLOCATED || kind === ZERO) {
      return 0;
    }
    const extent = kind === COMPRESSED ? this.#reader.extent() : undefined;
    const count = bytes / this.#clusterBytes;
    const zero = this.#options.backing !== undefined;
    const result = this.#map.assign(offset, count, { host: 0, zero });
    if (result === 0 && extent !== undefined) {
      const { first, count: uses } = clustersOf(extent, this.#clusterBytes);
      this.#allocator.retire(first, uses);
    } else if (result === 0) {
      this.#allocator.retire(host / this.#clusterBytes, count);
    }
    return result;
  }

  /** Zeroes the whole clusters that were looked up at `offset`. */
  #zeroWhole(offset: number, unmap: boolean): number {
    const { kind, host, bytes } = this.#map;
    if (this.#readsZero()) {
      return 0;
    }
    const canDrop = this.#canDrop();
    if (canDrop && (kind === COMPRESSED || (kind === DATA && unmap))) {
      return this.#drop(offset);
    }
    if (this.#options.header.version > 2) {
      const count = bytes / this.#clusterBytes;
      const target = { host: kind === DATA ? host : 0, zero: true };
      return (
        this.#map.ensureTable(offset, this.#allocator) || this.#map.assign(offset, count, target)
      );
    }
    return this.#zeroPart(offset, false);
  }

  /** Zeroes what was looked up at `offset`, as it is. */
  #zeroPart(offset: number, unmap: boolean): number {
    const { kind, host, bytes } = this.#map;
    if (this.#readsZero()) {
      return 0;
    }
    if (kind === DATA) {
      return this.#file.disk.writeZeroes(host, bytes, unmap);
    }
    let result = 0;
    for (let done = 0; done < bytes && result === 0;) {
      const length = Math.min(this.#clusterBytes, bytes - done);
      this.#zeroRange.clear();
      this.#zeroRange.push(this.#zeroes.address, length);
      result = this.write(this.#zeroRange, offset + done);
      done += length;
    }
    return result;
  }

  /** Whether what was looked up is zeroes already. */
  #readsZero(): boolean {
    const { kind } = this.#map;
    const isEmpty = kind === UNALLOCATED && this.#options.backing === undefined;
    return isEmpty || kind === ZERO || kind === ZERO_ALLOCATED;
  }
}
