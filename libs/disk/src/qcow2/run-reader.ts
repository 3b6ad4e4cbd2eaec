import { Errno, Iovecs } from '@crosvm/sys-util';

import type { Disk } from '../disk';
import { takeRanges } from '../take-ranges';
import {
  type ClusterMap,
  COMPRESSED,
  DATA,
  UNALLOCATED,
  ZERO,
  ZERO_ALLOCATED,
} from './cluster-map';
import { type CompressedClusters, type CompressedExtent, compressedExtent } from './compressed';
import type { ImageFile } from './image-file';

/** Most ranges of a request, with what a new cluster takes before and behind it: IOV_MAX. */
export const MAX_RANGES = 1024;

/** What is under an image. */
export interface Backing {
  readonly disk: Disk;
  /** Its bytes; what is behind them reads as zeroes. */
  readonly bytes: number;
}

/** What a reader works with. */
export interface RunReaderParts {
  readonly map: ClusterMap;
  readonly file: ImageFile;
  readonly clusterBytes: number;
  /** Zeroes without an end, at any offset. */
  readonly zeroes: Disk;
  readonly backing?: Backing | undefined;
  readonly compressed?: CompressedClusters | undefined;
}

/** Reads the disk of an image, run by run. Calls answer 0 or a negative errno. */
export class RunReader {
  readonly #parts: RunReaderParts;
  readonly #part = new Iovecs(MAX_RANGES);
  readonly #rest = new Iovecs(MAX_RANGES);

  constructor(parts: RunReaderParts) {
    this.#parts = parts;
  }

  /** Reads from `offset` of the disk on into all of `iovecs`, which are used up. */
  read(iovecs: Iovecs, offset: number): number {
    let at = offset;
    while (iovecs.total > 0) {
      const found = this.#parts.map.lookup(at, iovecs.total);
      if (found < 0) {
        return found;
      }
      const { bytes } = this.#parts.map;
      const isAll = bytes === iovecs.total;
      const part = isAll ? iovecs : this.#take(iovecs, bytes);
      const result = part === undefined ? -Errno.EINVAL : this.#readRun(part, at);
      if (result < 0 || isAll) {
        return result;
      }
      at += bytes;
    }
    return 0;
  }

  /** Reads what is under the image. */
  readBacking(part: Iovecs, offset: number): number {
    const { backing, zeroes } = this.#parts;
    return backing === undefined
      ? zeroes.read(part, 0)
      : this.#readUpTo(backing.disk, backing.bytes, part, offset);
  }

  /** The compressed cluster that was looked up last. */
  extent(): CompressedExtent {
    const { map, clusterBytes } = this.#parts;
    return compressedExtent(map.entryHigh, map.entryLow, clusterBytes);
  }

  /** Reads of the compressed cluster that has `offset` of the disk. */
  readCompressed(part: Iovecs, extent: CompressedExtent, offset: number): number {
    const { compressed, clusterBytes } = this.#parts;
    return compressed === undefined
      ? -Errno.EIO
      : compressed.load(extent) || compressed.read(part, offset % clusterBytes);
  }

  /** The next bytes of a request; undefined if they are in too many places. */
  #take(iovecs: Iovecs, bytes: number): Iovecs | undefined {
    this.#part.clear();
    return takeRanges(iovecs, bytes, this.#part) ? this.#part : undefined;
  }

  /** Reads the run that was looked up, which begins at `offset` of the disk. */
  #readRun(part: Iovecs, offset: number): number {
    const { kind, host } = this.#parts.map;
    switch (kind) {
      case DATA:
        return this.#readUpTo(this.#parts.file.disk, this.#parts.file.end, part, host);
      case COMPRESSED:
        return this.readCompressed(part, this.extent(), offset);
      case UNALLOCATED:
        return this.readBacking(part, offset);
      case ZERO:
      case ZERO_ALLOCATED:
        return this.#parts.zeroes.read(part, 0);
    }
  }

  /** Reads of a disk that has an end, and zeroes behind that. */
  #readUpTo(disk: Disk, end: number, part: Iovecs, offset: number): number {
    const there = Math.max(0, Math.min(part.total, end - offset));
    if (there === part.total) {
      return disk.read(part, offset);
    }
    if (there > 0) {
      this.#rest.clear();
      const isTaken = takeRanges(part, there, this.#rest);
      const result = isTaken ? disk.read(this.#rest, offset) : -Errno.EINVAL;
      if (result < 0) {
        return result;
      }
    }
    return this.#parts.zeroes.read(part, 0);
  }
}
