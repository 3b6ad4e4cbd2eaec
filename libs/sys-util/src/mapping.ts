import { alignUp, fits, type HostAddress, PAGE_SIZE } from '@crosvm/data-model';

import {
  MADV_DONTDUMP,
  MADV_HUGEPAGE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from './abi/files';
import { viewMemory } from './ffi/bind';
import { libc } from './ffi/libc';
import { HUGE_PAGE_SIZE } from './huge-pages';
import { check } from './sys-error';

/** Node 20 has no ArrayBuffer of 4 GiB or more, and koffi ends the process when asked for one. */
const MAX_VIEW = 4 * 1024 ** 3 - PAGE_SIZE;

/** What to map of a file. */
export interface FileMapping {
  /** Bytes; rounded up to whole pages. */
  readonly size: number;
  /** Offset in the file, a multiple of the page size; default 0. */
  readonly offset?: number;
  /** Map it read-only. */
  readonly readOnly?: boolean;
}

/**
 * A memory mapping with one owner.
 *
 * Views of it are raw windows: touching one after `unmap` ends the process with SIGSEGV. Unmap only
 * what nobody looks at any more; guest memory and device pages stay mapped until the process ends.
 */
export class Mapping implements Disposable {
  #bytes: Uint8Array | undefined;
  #mapped = true;

  private constructor(
    /** Where it starts in this process. */
    readonly address: HostAddress,
    /** Its length in bytes, whole pages. */
    readonly size: number,
  ) {}

  /**
   * Maps a file, memfd or device, shared with everybody else who maps it.
   * @throws SysError EACCES, EINVAL, ENODEV, ENOMEM
   */
  static ofFd(fd: number, { size, offset = 0, readOnly = false }: FileMapping): Mapping {
    const prot = readOnly ? PROT_READ : PROT_READ | PROT_WRITE;
    return Mapping.#map(size, prot, MAP_SHARED | MAP_NORESERVE, { fd, offset });
  }

  /**
   * Like `ofFd`, at an address where each huge page of the file can be one of the mapping, too; the
   * kernel is told that these are preferred.
   * @throws SysError as `ofFd`
   */
  static ofHugeFd(fd: number, { size, offset = 0 }: FileMapping): Mapping {
    const whole = alignUp(size, PAGE_SIZE);
    const room = whole + HUGE_PAGE_SIZE;
    const reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    // SAFETY: the kernel chooses the address, so nothing that exists is replaced.
    const base = check('mmap', libc.mmap(null, room, PROT_NONE, reserve, -1, 0));
    const skew = offset % HUGE_PAGE_SIZE;
    const at = alignUp(base - skew, HUGE_PAGE_SIZE) + skew;
    const flags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED;
    // SAFETY: inside what was just reserved; what is left of that is given back.
    check('mmap', libc.mmap(at, whole, PROT_READ | PROT_WRITE, flags, fd, offset));
    giveBack(base, at - base);
    giveBack(at + whole, base + room - (at + whole));
    // A kernel that knows of no huge pages refuses, and has none.
    libc.madvise(at, whole, MADV_HUGEPAGE);
    return new Mapping(at, whole);
  }

  /**
   * Maps zeroed memory that only this process sees.
   * @throws SysError ENOMEM
   */
  static anonymous(size: number): Mapping {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return Mapping.#map(size, PROT_READ | PROT_WRITE, flags, { fd: -1, offset: 0 });
  }

  static #map(
    size: number,
    prot: number,
    flags: number,
    { fd, offset }: { fd: number; offset: number },
  ): Mapping {
    const whole = alignUp(size, PAGE_SIZE);
    // SAFETY: the kernel chooses the address, so nothing that exists is replaced.
    return new Mapping(check('mmap', libc.mmap(null, whole, prot, flags, fd, offset)), whole);
  }

  /**
   * Leaves it out of core files.
   * @throws SysError
   */
  keepFromDumps(): this {
    // SAFETY: nothing of the memory itself changes.
    check('madvise(MADV_DONTDUMP)', libc.madvise(this.address, this.size, MADV_DONTDUMP));
    return this;
  }

  /**
   * All its bytes.
   * @throws RangeError if it is larger than one view may be (just below 4 GiB)
   */
  get bytes(): Uint8Array {
    this.#bytes ??= this.view(0, this.size);
    return this.#bytes;
  }

  /**
   * A live view of `length` bytes at `offset`.
   * @throws RangeError if they are not all inside, or too many for one view
   */
  view(offset: number, length: number): Uint8Array {
    if (!this.#mapped || !fits(offset, length, this.size) || length > MAX_VIEW) {
      throw new RangeError(`no view of ${length} bytes at ${offset} of ${this.size} mapped bytes`);
    }
    // SAFETY: inside the mapping, which outlives its views by the rule in the class comment.
    return new Uint8Array(viewMemory(this.address + offset, length));
  }

  /** Gives the memory back. Doing it again does nothing. */
  unmap(): void {
    if (this.#mapped) {
      this.#mapped = false;
      this.#bytes = undefined;
      check('munmap', libc.munmap(this.address, this.size));
    }
  }

  [Symbol.dispose](): void {
    this.unmap();
  }
}

function giveBack(address: HostAddress, size: number): void {
  if (size > 0) {
    check('munmap', libc.munmap(address, size));
  }
}
