import { Iovecs } from '@crosvm/sys-util';

import type { BufferList } from '../queue/buffer-list';
import type { VirtQueue } from '../queue/virt-queue';
import { HEADER_BYTES, MAX_FRAME_BYTES, NUM_BUFFERS_AT } from './frame';
import { QUEUE_SIZE } from './net-config';

/** With so many ranges no more are taken: a chain has up to QUEUE_SIZE, and a read takes 1024. */
const MAX_RANGES = 512;

/** Chains that can hold no header are given back, so many at a time. */
const MAX_REFUSED = 128;

const MASK = QUEUE_SIZE - 1;

/**
 * Buffers that the driver made available and that the next frames go to, oldest first. How long a frame
 * is shows only when it was read, so there are more of them than the next one is likely to need.
 *
 *     chains     [ first ][       ][       ] ... [ last ]     taken from the queue, not given back
 *     iovecs            [ ranges of all chains that are not held ]
 *     held       as many of the first chains, whose bytes are written already
 */
export class RxWindow {
  /** What to read the next frame into; has room for one range more. */
  readonly iovecs = new Iovecs(MAX_RANGES + QUEUE_SIZE + 1);
  /** Bytes of a frame that there should be room for; 1 for one chain at a time. */
  target: number;
  /** Chains that could hold no header, since this was set to 0. */
  refused = 0;

  readonly #queue: VirtQueue;
  /** Of each chain, in a ring. */
  readonly #heads = new Int32Array(QUEUE_SIZE);
  readonly #rooms = new Int32Array(QUEUE_SIZE);
  /** Where the two bytes of `num_buffers` are, were it the first of a frame: piece and offset. */
  readonly #lowPieces = new Int32Array(QUEUE_SIZE);
  readonly #lowOffsets = new Int32Array(QUEUE_SIZE);
  readonly #highPieces = new Int32Array(QUEUE_SIZE);
  readonly #highOffsets = new Int32Array(QUEUE_SIZE);
  /** Any list of buffers of the queue, to look at its memory. */
  #memory: BufferList | undefined;
  /** Descriptors of each chain. */
  readonly #sizes = new Int32Array(QUEUE_SIZE);
  #first = 0;
  #count = 0;
  #descriptors = 0;
  #heldBytes = 0;

  /**
   * @param queue has at most QUEUE_SIZE descriptors
   * @param target see there
   */
  constructor(queue: VirtQueue, target: number) {
    this.#queue = queue;
    this.target = target;
  }

  /** Chains. */
  get count(): number {
    return this.#count;
  }

  /**
   * Whether the driver may have no more to give: it has a frame in half of its descriptors, and does not
   * know that. (Linux gives more when half of a queue is used, or 32 descriptors.)
   */
  get isExhausted(): boolean {
    return this.#descriptors >= this.#queue.size >> 1;
  }

  /** Whether there is room for any frame that can be. */
  get isWide(): boolean {
    return this.iovecs.total >= MAX_FRAME_BYTES;
  }

  /** Takes what the driver made available, until there is enough. */
  gather(bytes = this.target): void {
    let left = MAX_REFUSED;
    while (this.iovecs.total < bytes && this.iovecs.count < MAX_RANGES && left > 0) {
      const chain = this.#queue.pop();
      if (chain === undefined) {
        return;
      }
      if (!this.#add(chain.head, chain.writable)) {
        this.#queue.addUsed(chain.head, 0);
        this.refused += 1;
        left -= 1;
      }
    }
  }

  /** All chains are written, and what is gathered from now on is for the rest of the same frame. */
  hold(): void {
    this.#heldBytes += this.iovecs.total;
    this.iovecs.clear();
  }

  /** Gives the first chains back with a frame of `bytes` bytes, which they have room for. */
  deliver(bytes: number): void {
    const first = this.#first;
    let left = bytes;
    let room = 0;
    let chains = 0;
    while (left > 0) {
      const slot = (first + chains) & MASK;
      const size = this.#rooms[slot] ?? 0;
      this.#queue.putUsed(this.#heads[slot] ?? 0, Math.min(size, left));
      left -= size;
      room += size;
      chains += 1;
    }
    this.#setBuffers(first, chains);
    // Virtio 1.2, 5.1.6.4.1: the buffers of a frame are used all together.
    this.#queue.publishUsed();
    this.#forget(chains, room);
  }

  /** Gives all chains that are held back without a frame. */
  discardHeld(): void {
    let room = 0;
    let chains = 0;
    while (room < this.#heldBytes) {
      const slot = (this.#first + chains) & MASK;
      this.#queue.putUsed(this.#heads[slot] ?? 0, 0);
      room += this.#rooms[slot] ?? 0;
      chains += 1;
    }
    this.#queue.publishUsed();
    this.#forget(chains, room);
  }

  #forget(chains: number, room: number): void {
    for (let index = 0; index < chains; index += 1) {
      this.#descriptors -= this.#sizes[(this.#first + index) & MASK] ?? 0;
    }
    this.#first = (this.#first + chains) & MASK;
    this.#count -= chains;
    this.iovecs.consume(room - this.#heldBytes);
    this.#heldBytes = 0;
  }

  /** False if a header does not fit, which virtio 1.2, 5.1.6.3.1 forbids. */
  #add(head: number, writable: BufferList): boolean {
    if (writable.total < HEADER_BYTES) {
      return false;
    }
    const slot = (this.#first + this.#count) & MASK;
    const low = writable.find(NUM_BUFFERS_AT);
    this.#lowPieces[slot] = low;
    this.#lowOffsets[slot] = writable.foundOffset;
    const high = writable.find(NUM_BUFFERS_AT + 1);
    this.#highPieces[slot] = high;
    this.#highOffsets[slot] = writable.foundOffset;
    this.#memory = writable;
    this.#heads[slot] = head;
    this.#rooms[slot] = writable.append(0, MAX_FRAME_BYTES, this.iovecs);
    this.#sizes[slot] = writable.count;
    this.#descriptors += writable.count;
    this.#count += 1;
    return true;
  }

  /** Writes `num_buffers` of the frame that begins in the chain at `slot`. */
  #setBuffers(slot: number, chains: number): void {
    const memory = this.#memory;
    memory?.viewOf(this.#lowPieces[slot] ?? 0).setUint8(this.#lowOffsets[slot] ?? 0, chains);
    memory?.viewOf(this.#highPieces[slot] ?? 0).setUint8(this.#highOffsets[slot] ?? 0, chains >> 8);
  }
}
