import { Errno, Iovecs, type Mapping, pwritevRaw, SharedMemory, writevRaw } from '@crosvm/sys-util';

import { LENGTH_BYTES, MAX_STREAM_FRAME } from './stream-frame';

/** Bytes of the memory: a frame with its length. */
export const CUT_FRAME_BYTES = LENGTH_BYTES + MAX_STREAM_FRAME;

/**
 * The rest of a frame whose beginning is in a stream, and whose buffers its driver wants back: otherwise
 * the stream would be out of step. It is a memfd, so that the kernel copies it from guest memory.
 */
export class CutFrame implements Disposable {
  readonly #shared = SharedMemory.create('net_stream_rest', CUT_FRAME_BYTES);
  readonly #mapping: Mapping = this.#shared.map();
  readonly #iovecs = new Iovecs(1);

  /** Whether there is nothing. */
  get isEmpty(): boolean {
    return this.#iovecs.total === 0;
  }

  /** Keeps a copy of the first `bytes` bytes of `iovecs`, at most CUT_FRAME_BYTES. */
  keep(iovecs: Iovecs, bytes: number): void {
    // More than these are written where there is room for them, and mean nothing.
    pwritevRaw(this.#shared.fd.raw, iovecs, 0);
    this.#iovecs.clear();
    // SAFETY: the mapping has these bytes, and is never unmapped.
    this.#iovecs.push(this.#mapping.address, Math.min(bytes, CUT_FRAME_BYTES));
  }

  /** Writes it, as far as that goes without waiting; whether all of it was, or nobody takes it. */
  writeTo(fd: number): boolean {
    while (!this.isEmpty) {
      // SAFETY: as above.
      const result = writevRaw(fd, this.#iovecs);
      if (result >= 0) {
        this.#iovecs.consume(result);
      } else if (result === -Errno.EAGAIN) {
        return false;
      } else if (result !== -Errno.EINTR) {
        this.#iovecs.clear();
      }
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#shared[Symbol.dispose]();
  }
}
