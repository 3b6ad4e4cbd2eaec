import { Errno, type Mapping, type OwnedFd, writeRaw } from '@crosvm/sys-util';

/** Where the output of a serial port goes. */
export interface SerialSink extends Disposable {
  /** Becomes writable when there is something to gain from `write`; undefined if it always is. */
  readonly fd: number | undefined;
  /**
   * Takes up to `length` bytes at `offset` of the page; returns how many, or a negative errno.
   * EAGAIN means to try again when `fd` is writable.
   */
  write(page: Mapping, offset: number, length: number): number;
}

/** Throws everything away. */
export class DiscardSink implements SerialSink {
  readonly fd = undefined;

  write(_page: Mapping, _offset: number, length: number): number {
    return length;
  }

  [Symbol.dispose](): void {
    // Nothing to close.
  }
}

/** Writes to a file descriptor, straight from the page, and does nothing else with it. */
export class FdSink implements SerialSink {
  readonly #fd: OwnedFd;

  /** @param fd taken over; writes to it should not wait, as with one of `openOutput` */
  constructor(fd: OwnedFd) {
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd.raw;
  }

  write(page: Mapping, offset: number, length: number): number {
    // SAFETY: the page is never unmapped, and the caller's span lies inside it.
    const result = writeRaw(this.#fd.raw, page.address + offset, length);
    return result === -Errno.EINTR ? 0 : result;
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}
