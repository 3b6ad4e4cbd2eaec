import { Iovecs } from '@crosvm/sys-util';
import { virtio_blk_outhdr } from '@crosvm/virtio-sys';

import type { BufferList } from '../queue/buffer-list';
import type { DescriptorChain } from '../queue/descriptor-chain';
import { QUEUE_SIZE } from './config-space';
import { RangeList } from './range-list';

/** Bytes before the data of a request. */
export const HEADER_BYTES = virtio_blk_outhdr.size;

const STATUS_BYTES = 1;
const NOWHERE: DataView = new DataView(new ArrayBuffer(STATUS_BYTES));

/**
 * A request of the driver, taken out of its chain: nothing of the guest's is read twice, and it
 * outlives the chain, so it can be done later, and beside others. Virtio 1.2, 5.2.6:
 *
 *     readable   [ type, -, sector (16 bytes) | data, if it goes to the disk ]
 *     writable   [ data, if it comes from the disk                | status   ]
 */
export class BlockRequest {
  /** The number of its queue. */
  queue = 0;
  /** The head of its chain. */
  head = 0;
  /** VIRTIO_BLK_T_*, or anything. */
  type = 0;
  /** Where it begins, in units of 512 bytes. */
  sector = 0;
  /** Bytes of data to read or write. */
  bytes = 0;
  /** It is to be on the disk for good when it is done. */
  durable = false;
  /** Bytes that the guest is told were written, when it is done well. */
  written = 0;
  /** Bytes that can be written before the status byte. */
  room = 0;
  /** The data of a read or write. */
  readonly iovecs = new Iovecs(QUEUE_SIZE);
  /** The ranges of a discard or write zeroes. */
  readonly ranges = new RangeList();

  readonly #headerView = new DataView(new ArrayBuffer(HEADER_BYTES));
  readonly #header = virtio_blk_outhdr.over(this.#headerView, 0);
  #statusView = NOWHERE;
  #statusOffset = 0;

  /** Begins with a chain. False if that has no room for a status byte: then nothing can be said. */
  begin(queue: number, { head, writable }: DescriptorChain): boolean {
    this.queue = queue;
    this.head = head;
    this.room = writable.total - STATUS_BYTES;
    this.bytes = 0;
    this.written = 0;
    this.durable = false;
    const piece = this.room < 0 ? -1 : writable.find(this.room);
    if (piece < 0) {
      return false;
    }
    this.#statusView = writable.viewOf(piece);
    this.#statusOffset = writable.foundOffset;
    return true;
  }

  /** Reads type and sector, once. False if there is no whole header. */
  takeHeader(readable: BufferList): boolean {
    const isWhole = readable.read(0, HEADER_BYTES, this.#headerView) === HEADER_BYTES;
    this.type = this.#header.type;
    this.sector = this.#header.sector;
    return isWhole;
  }

  /** Makes `length` bytes of `list` from `from` on the data; false if there are not so many. */
  takeData(list: BufferList, from: number, length: number): boolean {
    this.bytes = length;
    return list.select(from, length, this.iovecs) === length;
  }

  /** Writes the status byte. */
  writeStatus(status: number): void {
    this.#statusView.setUint8(this.#statusOffset, status);
  }
}
