import { type Iovecs, type Mapping, preadvRaw, readRaw, SharedMemory } from '@crosvm/sys-util';

import { MAX_FRAME_BYTES } from './frame';

/**
 * Where the rest of a frame goes that the driver gave too few buffers for. It is a memfd, so that the
 * kernel copies what is kept from there to the driver's next buffers.
 */
export class Overflow implements Disposable {
  readonly #shared = SharedMemory.create('net_overflow', MAX_FRAME_BYTES);
  readonly #mapping: Mapping = this.#shared.map();

  /** Adds it to what a frame is read into. */
  appendTo(iovecs: Iovecs): void {
    // SAFETY: the mapping has these bytes, and is never unmapped.
    iovecs.push(this.#mapping.address, MAX_FRAME_BYTES);
  }

  /** Reads a frame that nobody gets. Returns its bytes, or a negative errno. */
  discardFrom(fd: number): number {
    // SAFETY: as above.
    return readRaw(fd, this.#mapping.address, MAX_FRAME_BYTES);
  }

  /** Copies its first bytes to `iovecs`, all of them. Returns the bytes, or a negative errno. */
  copyTo(iovecs: Iovecs): number {
    return preadvRaw(this.#shared.fd.raw, iovecs, 0);
  }

  [Symbol.dispose](): void {
    this.#shared[Symbol.dispose]();
  }
}
