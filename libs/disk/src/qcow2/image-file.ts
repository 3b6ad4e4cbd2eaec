import type { HostAddress } from '@crosvm/data-model';
import { Iovecs, type Mapping } from '@crosvm/sys-util';

import type { Disk } from '../disk';

/**
 * The file that an image is in, and how long it is: nobody else changes it. Behind its end it reads
 * as zeroes. Calls answer 0 or a negative errno.
 */
export class ImageFile {
  #end: number;
  readonly #one = new Iovecs(1);

  /**
   * @param disk reads and writes the file
   * @param end bytes of the file
   */
  constructor(
    readonly disk: Disk,
    end: number,
  ) {
    this.#end = end;
  }

  /** Bytes of the file. */
  get end(): number {
    return this.#end;
  }

  /** Reads `length` bytes of the file into those of `memory` from `at` on. */
  load(memory: Mapping, at: number, offset: number, length: number): number {
    const there = Math.max(0, Math.min(length, this.#end - offset));
    if (there < length) {
      memory.bytes.fill(0, at + there, at + length);
    }
    return there === 0 ? 0 : this.disk.read(this.#range(memory.address + at, there), offset);
  }

  /** Writes `length` bytes of `memory` from `at` on to the file. */
  store(memory: Mapping, at: number, offset: number, length: number): number {
    return this.write(this.#range(memory.address + at, length), offset);
  }

  /** Writes all of `iovecs`, which are used up. */
  write(iovecs: Iovecs, offset: number): number {
    const end = offset + iovecs.total;
    const result = this.disk.write(iovecs, offset);
    if (result === 0) {
      this.#end = Math.max(this.#end, end);
    }
    return result;
  }

  #range(address: HostAddress, length: number): Iovecs {
    this.#one.clear();
    this.#one.push(address, length);
    return this.#one;
  }
}
