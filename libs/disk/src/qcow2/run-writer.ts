import { Errno, Iovecs, Mapping } from '@crosvm/sys-util';

import { takeRanges } from '../take-ranges';
import type { Allocator } from './allocator';
import { type ClusterMap, COMPRESSED, DATA, UNALLOCATED, ZERO_ALLOCATED } from './cluster-map';
import { clustersOf, type CompressedExtent } from './compressed';
import type { ImageFile } from './image-file';
import { MAX_RANGES, type RunReader } from './run-reader';

/** What a writer works with. */
export interface RunWriterParts {
  readonly map: ClusterMap;
  readonly file: ImageFile;
  readonly clusterBytes: number;
  readonly allocator: Allocator;
  readonly reader: RunReader;
  /** Whether there is something under the image that shows where it has nothing. */
  readonly hasBacking: boolean;
  /** A cluster of zeroes. */
  readonly zeroes: Mapping;
}

/** Writes the disk of an image, run by run. Calls answer 0 or a negative errno. */
export class RunWriter implements Disposable {
  readonly #parts: RunWriterParts;
  readonly #clusterBytes: number;
  /** What a new cluster has of the backing file, or of a compressed one, before and behind what is written. */
  #pads: Mapping | undefined;
  readonly #part = new Iovecs(MAX_RANGES);
  readonly #whole = new Iovecs(MAX_RANGES);
  readonly #pad = new Iovecs(1);

  constructor(parts: RunWriterParts) {
    this.#parts = parts;
    this.#clusterBytes = parts.clusterBytes;
  }

  /** Writes all of `iovecs`, which are used up, to `offset` of the disk. */
  write(iovecs: Iovecs, offset: number): number {
    let at = offset;
    while (iovecs.total > 0) {
      const found = this.#parts.map.lookup(at, iovecs.total);
      if (found < 0) {
        return found;
      }
      const before = iovecs.total;
      const result =
        this.#parts.map.kind === DATA ? this.#overwrite(iovecs) : this.#allot(iovecs, at);
      if (result < 0) {
        return result;
      }
      at += before - iovecs.total;
    }
    return 0;
  }

  [Symbol.dispose](): void {
    this.#pads?.unmap();
  }

  /** The next bytes of a request; undefined if they are in too many places. */
  #take(iovecs: Iovecs, bytes: number): Iovecs | undefined {
    this.#part.clear();
    return takeRanges(iovecs, bytes, this.#part) ? this.#part : undefined;
  }

  /** Writes the run of clusters that was looked up. */
  #overwrite(iovecs: Iovecs): number {
    const { bytes, host } = this.#parts.map;
    const part = bytes === iovecs.total ? iovecs : this.#take(iovecs, bytes);
    const result = part === undefined ? -Errno.EINVAL : this.#parts.file.write(part, host);
    iovecs.consume(part === iovecs ? iovecs.total : 0);
    return result;
  }

  /** Writes as much as it can of the run that was looked up to clusters that it has not yet. */
  #allot(iovecs: Iovecs, offset: number): number {
    const { kind, host, bytes: run } = this.#parts.map;
    const extent = kind === COMPRESSED ? this.#parts.reader.extent() : undefined;
    const within = offset % this.#clusterBytes;
    let count = Math.ceil((within + run) / this.#clusterBytes);
    let target = host - within;
    let isFresh = false;
    if (kind !== ZERO_ALLOCATED) {
      count =
        this.#parts.map.ensureTable(offset, this.#parts.allocator) ||
        this.#parts.allocator.allocate(count);
      target = this.#parts.allocator.first * this.#clusterBytes;
      isFresh = this.#parts.allocator.fresh;
    }
    if (count < 0) {
      return count;
    }
    const bytes = Math.min(run, count * this.#clusterBytes - within);
    const source = this.#sourceOf(kind, extent);
    const isPadded = !isFresh || source !== undefined;
    const written = isPadded
      ? this.#writePadded(iovecs, { offset, bytes, target, source })
      : this.#writePart(iovecs, bytes, target + within);
    if (written < 0) {
      if (kind !== ZERO_ALLOCATED) {
        this.#parts.allocator.free(target / this.#clusterBytes, count);
      }
      return written;
    }
    const result = this.#parts.map.assign(offset, count, { host: target, zero: false });
    if (extent !== undefined && result === 0) {
      const { first, count: uses } = clustersOf(extent, this.#clusterBytes);
      this.#parts.allocator.retire(first, uses);
    }
    return result;
  }

  /** Reads what a new cluster has where nothing is written; undefined: zeroes. */
  #sourceOf(kind: number, extent: CompressedExtent | undefined): Source | undefined {
    const { reader, hasBacking } = this.#parts;
    if (extent !== undefined) {
      return (part, offset) => reader.readCompressed(part, extent, offset);
    }
    const shows = kind === UNALLOCATED && hasBacking;
    return shows ? (part, offset) => reader.readBacking(part, offset) : undefined;
  }

  #writePart(iovecs: Iovecs, bytes: number, host: number): number {
    const part = this.#take(iovecs, bytes);
    return part === undefined ? -Errno.EINVAL : this.#parts.file.write(part, host);
  }

  /** Writes whole clusters: what they had, the next bytes of the request, what they had. */
  #writePadded(iovecs: Iovecs, { offset, bytes, target, source }: Padded): number {
    const head = offset % this.#clusterBytes;
    const end = head + bytes;
    const tail = Math.ceil(end / this.#clusterBytes) * this.#clusterBytes - end;
    this.#pads ??= Mapping.anonymous(2 * this.#clusterBytes);
    const from = source === undefined ? this.#parts.zeroes.address : this.#pads.address;
    const behind = source === undefined ? from : from + this.#clusterBytes;
    const filled =
      source === undefined
        ? 0
        : this.#fill(source, from, offset - head, head) ||
          this.#fill(source, behind, offset + bytes, tail);
    if (filled < 0) {
      return filled;
    }
    this.#whole.clear();
    const isWhole =
      (head === 0 || this.#whole.push(from, head)) &&
      takeRanges(iovecs, bytes, this.#whole) &&
      (tail === 0 || this.#whole.push(behind, tail));
    return isWhole ? this.#parts.file.write(this.#whole, target) : -Errno.EINVAL;
  }

  #fill(source: Source, address: number, offset: number, length: number): number {
    this.#pad.clear();
    this.#pad.push(address, length);
    return length === 0 ? 0 : source(this.#pad, offset);
  }
}

/** Reads a part of the disk as it was; 0 or a negative errno. */
type Source = (part: Iovecs, offset: number) => number;

/** What to write to new clusters. */
interface Padded {
  readonly offset: number;
  readonly bytes: number;
  /** Where the first cluster is in the file, in bytes. */
  readonly target: number;
  readonly source: Source | undefined;
}
