import { virtio_blk_discard_write_zeroes } from '@crosvm/virtio-sys';

import type { BufferList } from '../queue/buffer-list';
import { MAX_DISCARD_RANGES } from './config-space';

const RANGE_BYTES = virtio_blk_discard_write_zeroes.size;

/** The ranges of a discard or write zeroes: a copy, so that what was checked is what is done. */
export class RangeList {
  #count = 0;
  readonly #view = new DataView(new ArrayBuffer(MAX_DISCARD_RANGES * RANGE_BYTES));
  readonly #range = virtio_blk_discard_write_zeroes.over(this.#view, 0);

  /** Ranges. */
  get count(): number {
    return this.#count;
  }

  /**
   * Copies `length` bytes of `list`, from `from` on. False if that is not 1 to `max` whole ranges;
   * `max` is at most MAX_DISCARD_RANGES.
   */
  take(list: BufferList, from: number, length: number, max: number): boolean {
    this.#count = 0;
    // Virtio 1.2, 5.2.6.1: a multiple of the size, and no more than the configuration says.
    if (length === 0 || length % RANGE_BYTES !== 0 || length > max * RANGE_BYTES) {
      return false;
    }
    this.#count = list.read(from, length, this.#view) / RANGE_BYTES;
    return true;
  }

  /** The first sector of range `index`. */
  sectorOf(index: number): number {
    return this.#range.rebase(index * RANGE_BYTES).sector;
  }

  /** The sectors of range `index`. */
  sectorsOf(index: number): number {
    return this.#range.rebase(index * RANGE_BYTES).num_sectors;
  }

  /** The flags of range `index`. */
  flagsOf(index: number): number {
    return this.#range.rebase(index * RANGE_BYTES).flags;
  }
}
