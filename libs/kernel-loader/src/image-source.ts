import { fstatSync, readSync, type Stats } from 'node:fs';

import { fits, type GuestAddress } from '@crosvm/data-model';
import { type GuestMemory, GuestMemoryError } from '@crosvm/sys-util';

import { KernelError } from './kernel-error';

/** A run of bytes of an image and where in guest memory it goes. */
export interface Copy {
  /** Offset in the image, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  readonly at: GuestAddress;
}

/** The bytes of a kernel or an initrd. */
export interface ImageSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * A copy of `length` bytes at `offset`; meant for headers only.
   * @throws KernelError TRUNCATED, UNREADABLE
   */
  read(offset: number, length: number): Uint8Array;
  /**
   * Puts bytes into guest memory.
   * @throws KernelError TRUNCATED, UNREADABLE
   * @throws GuestMemoryError if the guest has no memory there
   */
  copyTo(memory: GuestMemory, copy: Copy): void;
}

function requireBytes(source: ImageSource, offset: number, length: number): void {
  if (!fits(offset, length, source.size)) {
    throw new KernelError(
      'TRUNCATED',
      `is truncated: ${length} bytes at ${offset} are wanted, it has ${source.size} in all`,
    );
  }
}

/** What a file that is not a regular one is, in words. */
function kindOf(stats: Stats): string {
  return stats.isDirectory() ? 'a directory' : 'not a regular file';
}

class FileSource implements ImageSource {
  readonly size: number;

  constructor(readonly fd: number) {
    const stats = fstatSync(fd);
    if (!stats.isFile()) {
      throw new KernelError('NOT_A_FILE', `is ${kindOf(stats)}`);
    }
    this.size = stats.size;
  }

  read(offset: number, length: number): Uint8Array {
    requireBytes(this, offset, length);
    const bytes = new Uint8Array(length);
    return this.#attempt(() => {
      for (let done = 0; done < length;) {
        const got = readSync(this.fd, bytes, done, length - done, offset + done);
        if (got === 0) {
          throw new RangeError(`file ends ${length - done} bytes early`);
        }
        done += got;
      }
      return bytes;
    });
  }

  copyTo(memory: GuestMemory, { offset, length, at }: Copy): void {
    requireBytes(this, offset, length);
    this.#attempt(() => {
      memory.readFromFile(this.fd, offset, at, length);
    });
  }

  /** The file may shrink or fail while it is read: those are errors of the file, not of ours. */
  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      if (cause instanceof GuestMemoryError) {
        throw cause;
      }
      if (cause instanceof RangeError) {
        throw new KernelError('TRUNCATED', 'became shorter while it was read', { cause });
      }
      throw new KernelError('UNREADABLE', 'cannot be read', { cause });
    }
  }
}

class BytesSource implements ImageSource {
  readonly size: number;

  constructor(readonly bytes: Uint8Array) {
    this.size = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    requireBytes(this, offset, length);
    // Not `slice`: that of a Node `Buffer` does not copy.
    return new Uint8Array(this.bytes.subarray(offset, offset + length));
  }

  copyTo(memory: GuestMemory, { offset, length, at }: Copy): void {
    requireBytes(this, offset, length);
    memory.write(at, this.bytes.subarray(offset, offset + length));
  }
}

/**
 * An open file as an image. The caller keeps the descriptor open while the source is used. The
 * bytes go from the file into guest memory without passing through JavaScript.
 * @throws KernelError NOT_A_FILE
 */
export function fileSource(fd: number): ImageSource {
  return new FileSource(fd);
}

/** Bytes in memory as an image. */
export function bytesSource(bytes: Uint8Array): ImageSource {
  return new BytesSource(bytes);
}
