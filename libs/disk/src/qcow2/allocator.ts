import { Errno } from '@crosvm/sys-util';

import type { Refcounts } from './refcounts';

/** Clusters of the file that are looked at for a free one at a time: the guest waits meanwhile. */
const LOOK_AT_MOST = 32 * 1024;

/** Ranges of clusters that are known to be free. Of what is more, they are found again. */
const MAX_FREED_RANGES = 4096;

/** Ranges that wait to be free; with more, whoever frees is to have them written. */
const MAX_RETIRED_RANGES = 16 * 1024;

/** Clusters beside each other. */
interface Range {
  first: number;
  count: number;
}

/** What an allocator works with. */
export interface AllocatorOptions {
  readonly refcounts: Refcounts;
  /** Clusters of the file. */
  readonly clusters: number;
  /** Clusters that the file may have at most. */
  readonly maxClusters: number;
  /** Has all mappings written, and calls `release`; 0 or a negative errno. */
  readonly settle: () => number;
  /** Gives the room of clusters back to the host, which nobody uses any more. */
  readonly discard: (first: number, count: number) => void;
}

/**
 * Gives out the free clusters of an image. A cluster that a mapping on the disk still names is only
 * retired: it is free when that mapping is gone for good, or a crash would leave two that use it.
 */
export class Allocator {
  /** The first cluster of those that were allocated last. */
  first = 0;
  /** Whether these read as zeroes, for they were behind the end of the file. */
  fresh = false;
  readonly #options: AllocatorOptions;
  readonly #freed: Range[] = [];
  #retired: Range[] = [];
  /** Up to here the file was looked through. */
  #cursor = 1;
  /** Clusters of the file, with those that were given out. */
  #end: number;

  constructor(options: AllocatorOptions) {
    this.#options = options;
    this.#end = options.clusters;
  }

  /** Whether so many clusters are retired that it is time to settle. */
  get isFull(): boolean {
    return this.#retired.length >= MAX_RETIRED_RANGES;
  }

  /**
   * Allocates up to `wanted` clusters beside each other, from `first` on, and returns how many; or a
   * negative errno, ENOSPC if the image has as many as it may have.
   */
  allocate(wanted: number): number {
    const count = this.#find(wanted, LOOK_AT_MOST);
    if (count !== 0) {
      return count;
    }
    const settled = this.#retired.length > 0 ? this.#options.settle() : 0;
    if (settled < 0) {
      return settled;
    }
    return this.#find(wanted, Infinity) || -Errno.ENOSPC;
  }

  /** Gives back clusters that no mapping names, on the disk or here. */
  free(first: number, count: number): void {
    for (let cluster = first; cluster < first + count; cluster += 1) {
      this.#decrement(cluster);
    }
  }

  /** One use less of these clusters, as soon as the mappings that were changed are on the disk. */
  retire(first: number, count: number): void {
    append(this.#retired, first, count);
  }

  /** All mappings are on the disk for good: what was retired is free. Where that fails, it is lost, and no more. */
  release(): void {
    const retired = this.#retired;
    this.#retired = [];
    const gone: Range[] = [];
    for (const { first, count } of retired) {
      for (let cluster = first; cluster < first + count; cluster += 1) {
        if (this.#decrement(cluster)) {
          append(gone, cluster, 1);
        }
      }
    }
    for (const { first, count } of gone) {
      this.#options.discard(first, count);
    }
  }

  /** Returns whether it is free now. */
  #decrement(cluster: number): boolean {
    const { refcounts } = this.#options;
    const uses = refcounts.get(cluster);
    if (uses <= 0 || refcounts.set(cluster, uses - 1) < 0 || uses > 1) {
      return false;
    }
    if (cluster < this.#cursor && !append(this.#freed, cluster, 1)) {
      this.#freed.length = 0;
      this.#cursor = 1;
    }
    return true;
  }

  #find(wanted: number, most: number): number {
    this.fresh = false;
    return this.#fromFreed(wanted) || this.#fromFile(wanted, most) || this.#fromEnd(wanted);
  }

  #fromFreed(wanted: number): number {
    for (let range = this.#freed.at(-1); range !== undefined; range = this.#freed.at(-1)) {
      const end = range.first + range.count;
      const count = this.#take(range.first, wanted, end);
      range.first = this.first + Math.max(count, 0);
      range.count = end - range.first;
      if (range.count <= 0 || count <= 0) {
        this.#freed.pop();
      }
      if (count !== 0) {
        return count;
      }
    }
    return 0;
  }

  #fromFile(wanted: number, most: number): number {
    const { refcounts } = this.#options;
    for (let looked = 0; looked < most && this.#cursor < this.#end; looked += 1) {
      const uses = refcounts.get(this.#cursor);
      if (uses > 0) {
        this.#cursor += 1;
        continue;
      }
      const count = uses < 0 ? uses : this.#take(this.#cursor, wanted, this.#end);
      if (count < 0) {
        return count;
      }
      this.#cursor = this.first + count;
      if (count > 0) {
        return count;
      }
    }
    return 0;
  }

  #fromEnd(wanted: number): number {
    const { maxClusters } = this.#options;
    const looksOn = this.#cursor === this.#end;
    while (this.#end < maxClusters) {
      const count = this.#take(this.#end, wanted, maxClusters);
      if (count < 0) {
        return count;
      }
      // A cluster behind the end that has a refcount is left alone.
      this.#end = count === 0 ? Math.max(this.first, this.#end + 1) : this.first + count;
      this.#cursor = looksOn ? this.#end : this.#cursor;
      if (count > 0) {
        this.fresh = true;
        return count;
      }
    }
    return 0;
  }

  /** Takes clusters from `from` on, as far as they are free, up to `wanted`, and before `end`. */
  #take(from: number, wanted: number, end: number): number {
    const { refcounts } = this.#options;
    this.first = from;
    if (!refcounts.covers(from)) {
      const result = refcounts.addBlock(from);
      if (result < 0) {
        return result;
      }
      this.first += 1;
    }
    let count = 0;
    while (count < wanted && this.first + count < end && refcounts.covers(this.first + count)) {
      const uses = refcounts.get(this.first + count);
      const result = uses === 0 ? refcounts.set(this.first + count, 1) : uses;
      if (result < 0) {
        return result;
      }
      if (uses > 0) {
        break;
      }
      count += 1;
    }
    return count;
  }
}

/** Adds clusters to a list of ranges; false if it is full of them. */
function append(ranges: Range[], first: number, count: number): boolean {
  const last = ranges.at(-1);
  if (last !== undefined && last.first + last.count === first) {
    last.count += count;
    return true;
  }
  ranges.push({ first, count });
  return ranges.length < MAX_FREED_RANGES;
}
