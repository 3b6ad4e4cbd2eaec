import {
  type Accessor,
  alignUp,
  type FieldType,
  fits,
  type GuestAddress,
  type HostAddress,
  isAligned,
  type Layout,
  PAGE_SIZE,
} from '@crosvm/data-model';

import { libc } from './ffi/libc';
import { HugePageMaker, memfdCalls } from './huge-pages';
import { Mapping } from './mapping';
import type { OwnedFd } from './owned-fd';
import { punchHoleRaw } from './raw-io';
import { SharedMemory } from './shared-memory';
import { Errno, retry } from './sys-error';

/*
 *  guest-physical   0 ........ 3 GiB          4 GiB .......... 6 GiB
 *                   [ region 0 ]    (hole)    [    region 1    ]
 *                        |                           |
 *  memfd            0 ........ 3 GiB ............... 5 GiB      regions lie back to back
 *                        |                           |
 *  views            [ ][ ][ ].......            [ ][ ]....      one ArrayBuffer a slice, made when
 *                                                               it is touched first
 */

/**
 * Bytes of one view. Node 20 has no ArrayBuffer of 4 GiB; and V8 counts what a view shows as memory
 * that the heap holds on to, and collects garbage over and over when it is much: a view of 256 MiB
 * cost 10 ms at the start of a VM.
 */
const SLICE_BYTES = 16 * 1024 ** 2;

/** A range of guest-physical addresses that has memory. */
export interface MemoryRange {
  readonly at: GuestAddress;
  /** Bytes, whole pages. */
  readonly size: number;
}

/** One region of guest memory and where it is in the memfd and in this process. */
export interface GuestRegion extends MemoryRange {
  /** Offset in the memfd, in bytes. */
  readonly offset: number;
  /** Where it is mapped in this process. */
  readonly host: HostAddress;
}

/** How guest memory is laid out, as plain data for another thread or process. */
export interface GuestMemoryLayout {
  readonly ranges: readonly MemoryRange[];
}

/** An access to guest memory that is not, or not all, inside one region. */
export class GuestMemoryError extends RangeError {
  override readonly name = 'GuestMemoryError';

  constructor(
    readonly at: GuestAddress,
    /** Bytes. */
    readonly length: number,
  ) {
    super(`no guest memory for ${length} bytes at 0x${at.toString(16)}`);
  }
}

interface Slice {
  readonly at: GuestAddress;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

interface MappedRegion extends GuestRegion {
  readonly mapping: Mapping;
  /** By number from the start of the region; empty where nothing was touched yet. */
  readonly slices: (Slice | undefined)[];
}

/**
 * A guest's memory: regions of one memfd, mapped into this process.
 * It is never unmapped before the process ends, because the guest and its devices use it directly.
 */
export class GuestMemory {
  /** The regions, lowest address first. */
  readonly regions: readonly GuestRegion[];
  /** Bytes in all regions together. */
  readonly size: number;
  /** The address after the last byte of the last region. */
  readonly end: GuestAddress;

  readonly #mapped: readonly MappedRegion[];
  #last: Slice;

  private constructor(
    /** The memfd that holds all regions. */
    readonly fd: OwnedFd,
    ranges: readonly MemoryRange[],
  ) {
    let offset = 0;
    this.#mapped = ranges.map((range) => {
      const region = mapRegion(fd, range, offset);
      offset += range.size;
      return region;
    });
    this.regions = this.#mapped;
    this.size = offset;
    const [first] = this.#mapped;
    const last = ranges.at(-1);
    if (first === undefined || last === undefined) {
      throw new RangeError('guest memory needs at least one region');
    }
    this.end = last.at + last.size;
    this.#last = openSlice(first, 0);
  }

  /**
   * Makes zeroed guest memory for these ranges.
   * @throws RangeError if they overlap, are out of order, empty or not whole pages
   * @throws SysError ENOMEM, EMFILE
   */
  static create(ranges: readonly MemoryRange[]): GuestMemory {
    checkRanges(ranges);
    const size = ranges.reduce((sum, range) => sum + range.size, 0);
    return new GuestMemory(SharedMemory.create('crosvm_guest', size).fd, ranges);
  }

  /**
   * Maps guest memory that another thread or process made; takes ownership of `fd`.
   * @throws RangeError as `create`
   * @throws SysError ENOMEM
   */
  static attach(fd: OwnedFd, { ranges }: GuestMemoryLayout): GuestMemory {
    checkRanges(ranges);
    return new GuestMemory(fd, ranges);
  }

  /** What `attach` needs beside the descriptor. */
  get layout(): GuestMemoryLayout {
    return { ranges: this.regions.map(({ at, size }) => ({ at, size })) };
  }

  /** Makes huge pages of what is in use. Where the kernel does so by itself it finds nothing to do. */
  hugePages(): HugePageMaker {
    return new HugePageMaker(
      this.#mapped.map(({ offset, size, host }) => ({ offset, size, host })),
      memfdCalls(this.fd.raw),
    );
  }

  /** Whether all `length` bytes at `at` are inside one region. */
  contains(at: GuestAddress, length: number): boolean {
    return this.#regionOf(at, length) !== undefined;
  }

  /**
   * Where the guest's `at` is in this process, valid for `length` bytes from there.
   * @throws GuestMemoryError
   */
  hostAddress(at: GuestAddress, length: number): HostAddress {
    const region = this.#regionOf(at, length);
    if (region === undefined) {
      throw new GuestMemoryError(at, length);
    }
    return region.host + (at - region.at);
  }

  /** @throws GuestMemoryError */
  readU8(at: GuestAddress): number {
    const slice = this.#sliceOf(at, 1);
    return slice.view.getUint8(at - slice.at);
  }

  /** Reads a little-endian integer. @throws GuestMemoryError */
  readU16(at: GuestAddress): number {
    const slice = this.#sliceOf(at, 2);
    return slice.view.getUint16(at - slice.at, true);
  }

  /** Reads a little-endian integer. @throws GuestMemoryError */
  readU32(at: GuestAddress): number {
    const slice = this.#sliceOf(at, 4);
    return slice.view.getUint32(at - slice.at, true);
  }

  /** Reads a little-endian integer. @throws GuestMemoryError */
  readU64(at: GuestAddress): bigint {
    const slice = this.#sliceOf(at, 8);
    return slice.view.getBigUint64(at - slice.at, true);
  }

  /** @throws GuestMemoryError */
  writeU8(at: GuestAddress, value: number): void {
    const slice = this.#sliceOf(at, 1);
    slice.view.setUint8(at - slice.at, value);
  }

  /** Writes a little-endian integer. @throws GuestMemoryError */
  writeU16(at: GuestAddress, value: number): void {
    const slice = this.#sliceOf(at, 2);
    slice.view.setUint16(at - slice.at, value, true);
  }

  /** Writes a little-endian integer. @throws GuestMemoryError */
  writeU32(at: GuestAddress, value: number): void {
    const slice = this.#sliceOf(at, 4);
    slice.view.setUint32(at - slice.at, value, true);
  }

  /** Writes a little-endian integer. @throws GuestMemoryError */
  writeU64(at: GuestAddress, value: bigint): void {
    const slice = this.#sliceOf(at, 8);
    slice.view.setBigUint64(at - slice.at, value, true);
  }

  /**
   * A copy of `length` bytes.
   * @throws GuestMemoryError
   */
  read(at: GuestAddress, length: number): Uint8Array {
    this.#require(at, length);
    const copy = new Uint8Array(length);
    this.#pieces(at, length, (bytes, done) => {
      copy.set(bytes, done);
    });
    return copy;
  }

  /**
   * Writes all of `source`.
   * @throws GuestMemoryError, with nothing written
   */
  write(at: GuestAddress, source: Uint8Array): void {
    this.#require(at, source.length);
    this.#pieces(at, source.length, (bytes, done) => {
      bytes.set(source.subarray(done, done + bytes.length));
    });
  }

  /**
   * Sets `length` bytes to `byte`.
   * @throws GuestMemoryError, with nothing written
   */
  fill(at: GuestAddress, length: number, byte: number): void {
    this.#require(at, length);
    this.#pieces(at, length, (bytes) => {
      bytes.fill(byte);
    });
  }

  /**
   * Gives whole pages back to the host; they read as zeroes then. Returns 0 or a negative errno.
   * @throws GuestMemoryError
   */
  giveBack(at: GuestAddress, length: number): number {
    const region = this.#regionOf(at, length);
    if (region === undefined) {
      throw new GuestMemoryError(at, length);
    }
    let result: number;
    do {
      result = punchHoleRaw(this.fd.raw, region.offset + (at - region.at), length);
    } while (result === -Errno.EINTR);
    return result;
  }

  /**
   * A live view of `length` bytes, fewer than 4 GiB. Never post it to a worker. Keep it rather than
   * asking again.
   * @throws GuestMemoryError
   */
  slice(at: GuestAddress, length: number): Uint8Array {
    const slice = this.#sliceOf(at, length);
    return slice.bytes.subarray(at - slice.at, at - slice.at + length);
  }

  /**
   * A live accessor of a struct in guest memory. The guest can change it at any moment: read each
   * field once.
   * @throws GuestMemoryError
   */
  view<Fields extends Readonly<Record<string, FieldType>>>(
    layout: Layout<Fields>,
    at: GuestAddress,
  ): Accessor<Fields> {
    const slice = this.#sliceOf(at, layout.size);
    return layout.over(slice.view, at - slice.at);
  }

  /**
   * Reads `length` bytes of a file straight into guest memory.
   * @throws GuestMemoryError, with nothing read
   * @throws RangeError if the file ends before
   * @throws SysError EIO and what else `pread` answers
   */
  readFromFile(fd: number, fileOffset: number, at: GuestAddress, length: number): void {
    const host = this.hostAddress(at, length);
    let done = 0;
    while (done < length) {
      const got = retry('pread', () =>
        // SAFETY: `hostAddress` checked that all `length` bytes are guest memory.
        libc.pread(fd, host + done, length - done, fileOffset + done),
      );
      if (got === 0) {
        throw new RangeError(`file ends ${length - done} bytes early`);
      }
      done += got;
    }
  }

  #regionOf(at: GuestAddress, length: number): MappedRegion | undefined {
    for (const region of this.#mapped) {
      if (fits(at - region.at, length, region.size)) {
        return region;
      }
    }
    return undefined;
  }

  #require(at: GuestAddress, length: number): void {
    if (!this.contains(at, length)) {
      throw new GuestMemoryError(at, length);
    }
  }

  #sliceOf(at: GuestAddress, length: number): Slice {
    const last = this.#last;
    if (fits(at - last.at, length, last.size)) {
      return last;
    }
    const region = this.#regionOf(at, length);
    if (region === undefined) {
      throw new GuestMemoryError(at, length);
    }
    const slice = openSlice(region, Math.floor((at - region.at) / SLICE_BYTES));
    if (fits(at - slice.at, length, slice.size)) {
      this.#last = slice;
      return slice;
    }
    // Across a border: a view of its own, which is not kept.
    return viewSlice(region, at - region.at, length);
  }

  /** Visits the views that together are `length` bytes at `at`, which were checked. */
  #pieces(
    at: GuestAddress,
    length: number,
    visit: (bytes: Uint8Array, done: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const slice = this.#sliceOf(at + done, 1);
      const start = at + done - slice.at;
      const count = Math.min(length - done, slice.size - start);
      visit(slice.bytes.subarray(start, start + count), done);
      done += count;
    }
  }
}

function checkRanges(ranges: readonly MemoryRange[]): void {
  let end = 0;
  for (const { at, size } of ranges) {
    const sound =
      Number.isSafeInteger(at + size) &&
      at >= end &&
      size > 0 &&
      isAligned(at, PAGE_SIZE) &&
      isAligned(size, PAGE_SIZE);
    if (!sound) {
      throw new RangeError(`bad guest memory range: ${size} bytes at 0x${at.toString(16)}`);
    }
    end = at + size;
  }
}

function mapRegion(fd: OwnedFd, { at, size }: MemoryRange, offset: number): MappedRegion {
  const mapping = Mapping.ofHugeFd(fd.raw, { size, offset }).keepFromDumps();
  const slices = new Array<undefined>(alignUp(size, SLICE_BYTES) / SLICE_BYTES);
  return { at, size, offset, host: mapping.address, mapping, slices };
}

function viewSlice(region: MappedRegion, start: number, length: number): Slice {
  const bytes = region.mapping.view(start, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { at: region.at + start, size: bytes.length, bytes, view };
}

/** Slice number `index` of a region. */
function openSlice(region: MappedRegion, index: number): Slice {
  const start = index * SLICE_BYTES;
  return (region.slices[index] ??= viewSlice(
    region,
    start,
    Math.min(SLICE_BYTES, region.size - start),
  ));
}
