import { TWO_POW_32 } from '@crosvm/data-model';
import { Errno, type Iovecs, Mapping, SharedMemory } from '@crosvm/sys-util';

import { RawDisk } from '../raw-disk';
import { COMPRESSED_SECTOR_BYTES } from './format';
import type { ImageFile } from './image-file';

/** Where a compressed cluster is in the file, in bytes. */
export interface CompressedExtent {
  readonly offset: number;
  /** Bytes up to the end of its last sector of 512; its stream may end before that. */
  readonly length: number;
}

/** What the entry of a compressed cluster says, of which these are the halves. */
export function compressedExtent(
  high: number,
  low: number,
  clusterBytes: number,
): CompressedExtent {
  // The offset takes 62 - (cluster_bits - 8) bits, the number of further sectors those above it.
  const sectorBits = Math.log2(clusterBytes) - 8;
  const offsetBits = 30 - sectorBits;
  const upper = high & (2 ** offsetBits - 1);
  const offset = upper * TWO_POW_32 + low;
  const sectors = ((high & 0x3fff_ffff) >>> offsetBits) + 1;
  const length = sectors * COMPRESSED_SECTOR_BYTES - (offset % COMPRESSED_SECTOR_BYTES);
  return { offset, length };
}

/** The clusters of the file that an extent is in. */
export function clustersOf(
  { offset, length }: CompressedExtent,
  clusterBytes: number,
): { readonly first: number; readonly count: number } {
  const first = Math.floor(offset / clusterBytes);
  const last = Math.floor((offset + length - 1) / clusterBytes);
  return { first, count: last - first + 1 };
}

/**
 * Decompresses clusters, one at a time, into a file in memory, from where they are read as everything
 * else is. This is no quick path: the data passes JavaScript.
 */
export class CompressedClusters {
  readonly #file: ImageFile;
  readonly #clusterBytes: number;
  readonly #input: Mapping;
  readonly #memory: SharedMemory;
  readonly #output: Mapping;
  readonly #disk: RawDisk;
  /** Loading it takes a millisecond, and files of Node's own: only with such images, and before a jail is shut. */
  readonly #zlib = process.getBuiltinModule('node:zlib');
  /** The cluster that is there; none. */
  #offset = -1;

  /** @throws SysError ENOMEM, EMFILE */
  constructor(file: ImageFile, clusterBytes: number) {
    this.#file = file;
    this.#clusterBytes = clusterBytes;
    this.#input = Mapping.anonymous(2 * clusterBytes + COMPRESSED_SECTOR_BYTES);
    this.#memory = SharedMemory.create('compressed', clusterBytes);
    this.#output = this.#memory.map();
    this.#disk = new RawDisk({ image: this.#memory.fd.raw, sparse: false });
  }

  /** Decompresses a cluster; 0 or a negative errno. */
  load({ offset, length }: CompressedExtent): number {
    if (offset === this.#offset) {
      return 0;
    }
    this.#offset = -1;
    if (length > this.#input.size) {
      return -Errno.EIO;
    }
    const result = this.#file.load(this.#input, 0, offset, length);
    if (result < 0) {
      return result;
    }
    const content = this.#inflate(this.#input.bytes.subarray(0, length));
    if (content?.length !== this.#clusterBytes) {
      return -Errno.EIO;
    }
    this.#output.bytes.set(content);
    this.#offset = offset;
    return 0;
  }

  /** Reads of the cluster that was decompressed; 0 or a negative errno. */
  read(iovecs: Iovecs, within: number): number {
    return this.#disk.read(iovecs, within);
  }

  [Symbol.dispose](): void {
    this.#input.unmap();
    this.#output.unmap();
    this.#memory[Symbol.dispose]();
  }

  /** What a raw deflate stream holds, whatever is behind it; undefined if it is none, or too long. */
  #inflate(input: Uint8Array): Uint8Array | undefined {
    const { inflateRawSync, constants } = this.#zlib;
    const options = { maxOutputLength: this.#clusterBytes, finishFlush: constants.Z_SYNC_FLUSH };
    try {
      return inflateRawSync(input, options);
    } catch {
      return undefined;
    }
  }
}
