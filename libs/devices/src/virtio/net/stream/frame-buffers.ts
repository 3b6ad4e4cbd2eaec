import { Iovecs } from '@crosvm/sys-util';

import type { BufferList } from '../../queue/buffer-list';
import type { DescriptorChain } from '../../queue/descriptor-chain';
import type { VirtQueue } from '../../queue/virt-queue';
import { HEADER_BYTES, NUM_BUFFERS_AT } from '../frame';
import { QUEUE_SIZE } from '../net-config';

/** Most ranges of a frame; a read takes 1024, and one is left for what follows the frame. */
const MAX_RANGES = 1023;

/** Chains that can hold no header are given back, so many at a time. */
const MAX_REFUSED = 128;

/** What there is for a frame. */
export enum Room {
  /** Exactly what it needs. */
  Enough,
  /** Less, and the driver may give more. */
  Little,
  /** Less, and the driver may have no more to give. */
  TooLittle,
}

/**
 * The driver's buffers for one frame whose length is known: as many chains as it needs, with a header in
 * front.
 *
 *     chains   [ header | frame .. ][ .. frame .. ][ .. frame |  unused ]
 *     iovecs            [ ........... the frame's bytes ...... ]
 */
export class FrameBuffers {
  /** Where the frame's bytes go; room for one range more. */
  readonly iovecs = new Iovecs(MAX_RANGES + 1);
  /** Chains that could hold no header, since this was set to 0. */
  refused = 0;

  readonly #queue: VirtQueue;
  readonly #mergeable: boolean;
  readonly #heads = new Int32Array(QUEUE_SIZE);
  /** Bytes of header and frame in each chain. */
  readonly #used = new Int32Array(QUEUE_SIZE);
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES));
  /** Where the two bytes of `num_buffers` are: piece and offset. */
  #memory: BufferList | undefined;
  #lowPiece = 0;
  #lowOffset = 0;
  #highPiece = 0;
  #highOffset = 0;
  #count = 0;
  #descriptors = 0;
  /** Bytes that are not placed yet, the header's among them. */
  #missing = 0;

  /** @param queue has at most QUEUE_SIZE descriptors */
  constructor(queue: VirtQueue, mergeable: boolean) {
    this.#queue = queue;
    this.#mergeable = mergeable;
  }

  /** Chains that were taken. */
  get count(): number {
    return this.#count;
  }

  /** A frame of `bytes` bytes is to come. */
  begin(bytes: number): void {
    this.iovecs.clear();
    this.#count = 0;
    this.#descriptors = 0;
    this.#missing = HEADER_BYTES + bytes;
  }

  /** Takes what the driver made available and the frame needs. */
  gather(): Room {
    let left = MAX_REFUSED;
    while (this.#missing > 0 && left > 0) {
      if (this.#isExhausted()) {
        return Room.TooLittle;
      }
      const chain = this.#queue.pop();
      if (chain === undefined) {
        return Room.Little;
      }
      if (chain.writable.total < HEADER_BYTES) {
        // Virtio 1.2, 5.1.6.3.1 forbids it.
        this.#queue.addUsed(chain.head, 0);
        this.refused += 1;
        left -= 1;
      } else {
        this.#add(chain);
      }
    }
    return this.#missing === 0 ? Room.Enough : Room.Little;
  }

  /** Gives the chains back with the frame. */
  deliver(): void {
    const memory = this.#memory;
    memory?.viewOf(this.#lowPiece).setUint8(this.#lowOffset, this.#count);
    memory?.viewOf(this.#highPiece).setUint8(this.#highOffset, this.#count >> 8);
    this.#giveBack(true);
  }

  /** Gives the chains back without a frame. */
  discard(): void {
    this.#giveBack(false);
  }

  #giveBack(withFrame: boolean): void {
    for (let index = 0; index < this.#count; index += 1) {
      this.#queue.putUsed(this.#heads[index] ?? 0, withFrame ? (this.#used[index] ?? 0) : 0);
    }
    // Virtio 1.2, 5.1.6.4.1: the buffers of a frame are used all together.
    this.#queue.publishUsed();
    this.#count = 0;
    this.iovecs.clear();
  }

  /** Whether the driver may wait for a frame before it gives more; as `RxWindow.isExhausted`. */
  #isExhausted(): boolean {
    return (
      (!this.#mergeable && this.#count === 1) ||
      this.#descriptors >= this.#queue.size >> 1 ||
      this.iovecs.count >= MAX_RANGES - QUEUE_SIZE
    );
  }

  #add({ head, writable }: DescriptorChain): void {
    const skip = this.#count === 0 ? HEADER_BYTES : 0;
    if (skip > 0) {
      // The rest of the header is zero: no checksum is left open, no packet is to be cut.
      writable.write(0, HEADER_BYTES, this.#header);
      this.#memory = writable;
      this.#lowPiece = writable.find(NUM_BUFFERS_AT);
      this.#lowOffset = writable.foundOffset;
      this.#highPiece = writable.find(NUM_BUFFERS_AT + 1);
      this.#highOffset = writable.foundOffset;
    }
    const used = skip + writable.append(skip, this.#missing - skip, this.iovecs);
    this.#heads[this.#count] = head;
    this.#used[this.#count] = used;
    this.#missing -= used;
    this.#count += 1;
    this.#descriptors += writable.count;
  }
}
