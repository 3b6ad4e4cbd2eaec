import {
  VIRTIO_BLK_T_DISCARD,
  VIRTIO_BLK_T_FLUSH,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
  VIRTIO_BLK_T_WRITE_ZEROES,
  VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
} from '@crosvm/virtio-sys';

import type { BlockRequest } from './block-request';
import type { Disk } from '@crosvm/disk';
import { SECTOR_BYTES } from './disk-config';

/** Whom an engine answers to. */
export interface Completion {
  /** @param result 0, or the negative errno of what failed */
  complete(request: BlockRequest, result: number): void;
  /** Some were completed, and that was all for now: who waits for them can be told. */
  settled(): void;
  /** Some are complete that were on their way: `commit` takes them. */
  arrived(): void;
}

/** Does requests that were checked: reads, writes, flushes, discards and write zeroes. */
export interface BlockEngine extends Disposable {
  /** Says whom to tell; once, before the first request. */
  attach(completion: Completion): void;
  /**
   * Takes a request, which is the engine's until it is complete: maybe before this returns, maybe
   * beside others and in another order, maybe only after `commit`.
   */
  submit(request: BlockRequest): void;
  /** Requests that are not complete. */
  readonly inFlight: number;
  /** Whether there is anything for `commit` to do. */
  readonly hasWork: boolean;
  /** There are no more requests for now: begins with those that were submitted, and takes completions. */
  commit(): void;
  /** Completions are looked for, until `commit`: nobody need be woken for them. */
  quiet(): void;
  /**
   * Returns when no request is with the engine any more; those that were, were completed, but
   * `settled` is not called for them.
   */
  drain(): void;
}

/** Does each request at once, on this thread. */
export class SynchronousEngine implements BlockEngine {
  readonly inFlight = 0;
  readonly hasWork = false;
  readonly #disk: Disk;
  #completion: Completion | undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  attach(completion: Completion): void {
    this.#completion = completion;
  }

  submit(request: BlockRequest): void {
    const result = this.#run(request);
    const mustFlush = request.durable && result === 0;
    this.#completion?.complete(request, mustFlush ? this.#disk.flush() : result);
  }

  commit(): void {
    // All is done, and whoever submitted it knows.
  }

  quiet(): void {
    // Nobody is woken.
  }

  drain(): void {
    // Nothing stays here. What the disk cannot write now it could not write at a flush either.
    this.#disk.settle?.();
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]?.();
  }

  #run(request: BlockRequest): number {
    switch (request.type) {
      case VIRTIO_BLK_T_IN:
        return this.#disk.read(request.iovecs, request.sector * SECTOR_BYTES);
      case VIRTIO_BLK_T_OUT:
        return this.#disk.write(request.iovecs, request.sector * SECTOR_BYTES);
      case VIRTIO_BLK_T_FLUSH:
        return this.#disk.flush();
      case VIRTIO_BLK_T_DISCARD:
      case VIRTIO_BLK_T_WRITE_ZEROES:
        return this.#runRanges(request);
      default:
        throw new Error(`no request of type ${request.type}`);
    }
  }

  #runRanges({ type, ranges }: BlockRequest): number {
    let result = 0;
    for (let index = 0; index < ranges.count && result === 0; index += 1) {
      const offset = ranges.sectorOf(index) * SECTOR_BYTES;
      const length = ranges.sectorsOf(index) * SECTOR_BYTES;
      const mayUnmap = (ranges.flagsOf(index) & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) !== 0;
      // fallocate(2) refuses to do nothing.
      if (length > 0) {
        result =
          type === VIRTIO_BLK_T_DISCARD
            ? this.#disk.discard(offset, length)
            : this.#disk.writeZeroes(offset, length, mayUnmap);
      }
    }
    return result;
  }
}
