import {
  discardRaw,
  Errno,
  fdatasyncRaw,
  Iovecs,
  Mapping,
  preadvRaw,
  punchHoleRaw,
  pwritevRaw,
  zeroRangeRaw,
} from '@crosvm/sys-util';

import type { Disk } from './disk';
import { MORE, Transfer } from './transfer';

/** Bytes of the zeroes that are written where the file system can zero nothing by itself. */
const ZERO_BYTES = 64 * 1024;
const ZERO_IOVECS = 16;

/** How an image is used. Descriptors stay the caller's. */
export interface RawDiskOptions {
  readonly image: number;
  /** The same file with O_DIRECT, to be preferred. */
  readonly direct?: number | undefined;
  /** What is not needed is given back to the host. */
  readonly sparse: boolean;
  /** The image is a block device, and no file; default false. */
  readonly isBlockDevice?: boolean;
}

/** Whether the host cannot do it this way: the file system has no such call, or not for this range. */
function isUnsupported(result: number): boolean {
  return result === -Errno.EOPNOTSUPP || result === -Errno.EINVAL;
}

/** A disk whose contents are a file or a block device of the host, byte for byte. */
export class RawDisk implements Disk {
  readonly #image: number;
  readonly #sparse: boolean;
  readonly #isBlockDevice: boolean;
  readonly #transfer: Transfer;
  #zeroes: Mapping | undefined;
  readonly #zeroIovecs = new Iovecs(ZERO_IOVECS);

  constructor({ image, direct, sparse, isBlockDevice = false }: RawDiskOptions) {
    this.#sparse = sparse;
    this.#isBlockDevice = isBlockDevice;
    this.#image = image;
    this.#transfer = new Transfer(direct ?? image, image);
  }

  read(iovecs: Iovecs, offset: number): number {
    return this.#run(iovecs, offset, false);
  }

  write(iovecs: Iovecs, offset: number): number {
    return this.#run(iovecs, offset, true);
  }

  flush(): number {
    for (;;) {
      const result = fdatasyncRaw(this.#image);
      if (result !== -Errno.EINTR) {
        return result;
      }
    }
  }

  discard(offset: number, length: number): number {
    // Of a block device a hole reads as zeroes, which fewer of them can do.
    const result = this.#isBlockDevice
      ? this.#discardBlocks(offset, length)
      : this.#punchHole(offset, length);
    // It is only advice: virtio 1.2, 5.2.6.2.
    return isUnsupported(result) ? 0 : result;
  }

  writeZeroes(offset: number, length: number, mayUnmap: boolean): number {
    let result = mayUnmap && this.#sparse ? this.#punchHole(offset, length) : -Errno.EOPNOTSUPP;
    if (isUnsupported(result)) {
      result = this.#zeroRange(offset, length);
    }
    return isUnsupported(result) ? this.#writeZeroBytes(offset, length) : result;
  }

  #run(iovecs: Iovecs, offset: number, isWrite: boolean): number {
    const transfer = this.#transfer;
    let state = transfer.begin(iovecs, offset);
    while (state === MORE) {
      const { fd, offset: at } = transfer;
      // SAFETY: the iovecs are those of a checked chain, or of the zeroes.
      state = transfer.advance(isWrite ? pwritevRaw(fd, iovecs, at) : preadvRaw(fd, iovecs, at));
    }
    return state;
  }

  #punchHole(offset: number, length: number): number {
    for (;;) {
      const result = punchHoleRaw(this.#image, offset, length);
      if (result !== -Errno.EINTR) {
        return result;
      }
    }
  }

  #discardBlocks(offset: number, length: number): number {
    for (;;) {
      const result = discardRaw(this.#image, offset, length);
      if (result !== -Errno.EINTR) {
        return result;
      }
    }
  }

  #zeroRange(offset: number, length: number): number {
    for (;;) {
      const result = zeroRangeRaw(this.#image, offset, length);
      if (result !== -Errno.EINTR) {
        return result;
      }
    }
  }

  #writeZeroBytes(offset: number, length: number): number {
    this.#zeroes ??= Mapping.anonymous(ZERO_BYTES);
    for (let done = 0; done < length;) {
      this.#zeroIovecs.clear();
      for (let left = length - done; left > 0; left -= ZERO_BYTES) {
        if (!this.#zeroIovecs.push(this.#zeroes.address, Math.min(left, ZERO_BYTES))) {
          break;
        }
      }
      const bytes = this.#zeroIovecs.total;
      const result = this.write(this.#zeroIovecs, offset + done);
      if (result < 0) {
        return result;
      }
      done += bytes;
    }
    return 0;
  }
}
