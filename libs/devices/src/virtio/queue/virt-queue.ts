import type { GuestMemory } from '@crosvm/sys-util';
import {
  VIRTIO_RING_F_EVENT_IDX,
  VIRTIO_RING_F_INDIRECT_DESC,
  VRING_AVAIL_F_NO_INTERRUPT,
  VRING_USED_F_NO_NOTIFY,
} from '@crosvm/virtio-sys';

import { DeviceCounters } from '../../metrics/device-counters';
import { hasFeature } from '../features';
import { ChainWalker } from './chain-walker';
import { DescriptorChain } from './descriptor-chain';
import { MemoryMap } from './memory-map';
import {
  availRingBytes,
  descTableBytes,
  type QueueConfig,
  queueConfigFault,
  usedRingBytes,
} from './queue-config';

// Both rings begin with two 16-bit words, in this order.
const RING_FLAGS = 0;
const RING_IDX = 1;
const RING_ENTRIES = 2;

const INDEX_MASK = 0xffff;
const MAX_USED_LENGTH = 0xffff_ffff;

/** How a queue is used. */
export interface QueueOptions {
  /** The features that were negotiated. */
  readonly features: bigint;
  /** How far the rings were used before, to go on there; default: not at all. */
  readonly position?: QueuePosition;
  /** Counts what is given back; default: nobody does. */
  readonly counters?: DeviceCounters;
}

/** How far the rings of a queue are used: free-running 16-bit indices. */
export interface QueuePosition {
  /** The next entry of the available ring to take. */
  readonly avail: number;
  /** The next entry of the used ring to fill. */
  readonly used: number;
}

/**
 * A split virtqueue, from the device's side. Virtio 1.2, 2.7.
 *
 *     driver                                              device
 *     descriptor table  [d0][d1][d2] ..   <------------   ChainWalker: buffers, checked
 *     available ring    flags idx [head][head] .. event   pop()
 *     used ring         flags idx [id,len] ..     event   addUsed(), needsInterrupt()
 *
 * Whatever the driver does, nothing throws, nothing outside of guest memory is touched, and each call
 * ends after work that the queue's size bounds. What is not its driver's to write is kept here: the
 * used ring is never read. A driver that breaks a rule which the device cannot pass over breaks the
 * queue: `broken` says why, nothing is taken or given back any more, and the device is to ask for a
 * reset (virtio 1.2, 2.1.2). Whoever makes this keeps guest memory mapped.
 */
export class VirtQueue {
  /** Descriptors. */
  readonly size: number;

  readonly #avail: Uint16Array;
  readonly #usedEvent: number;
  readonly #used: Uint16Array;
  readonly #availEvent: number;
  /** The entries of the used ring, two words each. */
  readonly #usedEntries: Int32Array;
  readonly #mask: number;
  readonly #eventIdx: boolean;
  readonly #walker: ChainWalker;
  readonly #chain: DescriptorChain;
  readonly #counters: DeviceCounters;

  #nextAvail: number;
  #nextUsed: number;
  /** `#nextUsed` as the driver knows it. */
  #publishedUsed: number;
  /** `avail.idx` as it was read last. */
  #seenAvail: number;
  /** `#nextUsed` when `needsInterrupt` was asked last. */
  #signalledUsed: number;
  #broken: string | undefined;

  /**
   * The caller checked the set-up with `queueConfigFault`.
   * @throws RangeError if it cannot be used
   */
  constructor(memory: GuestMemory, config: QueueConfig, options: QueueOptions) {
    const { features, position, counters } = options;
    const fault = queueConfigFault(memory, config);
    if (fault !== undefined) {
      throw new RangeError(`no queue: ${fault}`);
    }
    const { size } = config;
    const map = new MemoryMap(memory);
    const desc = memory.slice(config.desc, descTableBytes(size));
    const avail = memory.slice(config.avail, availRingBytes(size));
    const used = memory.slice(config.used, usedRingBytes(size));
    this.size = size;
    this.#mask = size - 1;
    this.#avail = new Uint16Array(avail.buffer, avail.byteOffset, avail.length >> 1);
    this.#usedEvent = this.#avail.length - 1;
    this.#used = new Uint16Array(used.buffer, used.byteOffset, used.length >> 1);
    this.#availEvent = this.#used.length - 1;
    this.#usedEntries = new Int32Array(used.buffer, used.byteOffset + 2 * RING_ENTRIES, size * 2);
    this.#eventIdx = hasFeature(features, VIRTIO_RING_F_EVENT_IDX);
    this.#walker = new ChainWalker(
      map,
      new DataView(desc.buffer, desc.byteOffset, desc.length),
      hasFeature(features, VIRTIO_RING_F_INDIRECT_DESC),
    );
    this.#chain = new DescriptorChain(map, size);
    this.#nextAvail = (position?.avail ?? 0) & INDEX_MASK;
    this.#nextUsed = (position?.used ?? 0) & INDEX_MASK;
    this.#counters = counters ?? DeviceCounters.unread();
    this.#publishedUsed = this.#nextUsed;
    this.#seenAvail = this.#nextAvail;
    this.#signalledUsed = this.#nextUsed;
  }

  /** Why nothing is taken from the queue any more, for the log; undefined as long as all is well. */
  get broken(): string | undefined {
    return this.#broken;
  }

  /** How far the rings are used. */
  get position(): QueuePosition {
    return { avail: this.#nextAvail, used: this.#nextUsed };
  }

  /**
   * Takes the next chain that the driver made available; undefined if there is none, or if the queue
   * is broken. The object is the same each time: what is needed after the next call, copy.
   */
  pop(): DescriptorChain | undefined {
    if (this.#nextAvail === this.#seenAvail && !this.#look()) {
      return undefined;
    }
    const head = this.#avail[RING_ENTRIES + (this.#nextAvail & this.#mask)] ?? 0;
    if (head >= this.size) {
      this.#break(`available ring names descriptor ${head} of ${this.size}`);
      return undefined;
    }
    if (!this.#walker.walk(head, this.#chain)) {
      this.#break(this.#walker.fault);
      return undefined;
    }
    this.#nextAvail = (this.#nextAvail + 1) & INDEX_MASK;
    return this.#chain;
  }

  /**
   * Gives a chain back to the driver.
   * @param head the `head` of the chain, once for each time it was taken
   * @param written bytes that were written, counted from the start of `writable` without a gap
   *   (virtio 1.2, 2.7.8.2)
   */
  addUsed(head: number, written: number): void {
    this.putUsed(head, written);
    this.publishUsed();
  }

  /**
   * Like `addUsed`, but the driver does not see it before `publishUsed`: for chains that it is to see
   * together.
   */
  putUsed(head: number, written: number): void {
    if (this.#broken !== undefined) {
      return;
    }
    const at = (this.#nextUsed & this.#mask) * 2;
    this.#usedEntries[at] = head;
    this.#usedEntries[at + 1] = Math.min(written, MAX_USED_LENGTH);
    this.#nextUsed = (this.#nextUsed + 1) & INDEX_MASK;
  }

  /** Shows the driver all that was put. */
  publishUsed(): void {
    if (this.#broken !== undefined) {
      return;
    }
    // 2.7.8.2: the entries before the index. The store is atomic, and so comes after them for everybody.
    Atomics.store(this.#used, RING_IDX, this.#nextUsed);
    this.#counters.answered((this.#nextUsed - this.#publishedUsed) & INDEX_MASK);
    this.#publishedUsed = this.#nextUsed;
  }

  /**
   * Whether the driver wants to be interrupted for what was given back since this was asked last.
   * Virtio 1.2, 2.7.7.2.
   */
  needsInterrupt(): boolean {
    const last = this.#signalledUsed;
    const next = this.#nextUsed;
    if (next === last || this.#broken !== undefined) {
      return false;
    }
    this.#signalledUsed = next;
    if (!this.#eventIdx) {
      const flags = Atomics.load(this.#avail, RING_FLAGS);
      return (flags & VRING_AVAIL_F_NO_INTERRUPT) === 0;
    }
    // Whether the index went over the event: as vring_need_event() of linux/virtio_ring.h.
    const event = Atomics.load(this.#avail, this.#usedEvent);
    return ((next - event - 1) & INDEX_MASK) < ((next - last) & INDEX_MASK);
  }

  /** Whether the driver made something available that was not taken. */
  get hasMore(): boolean {
    return this.#broken === undefined && Atomics.load(this.#avail, RING_IDX) !== this.#nextAvail;
  }

  /**
   * Tells the driver that it need not notify for now; it may nevertheless. Virtio 1.2, 2.7.10.2.
   */
  disableNotifications(): void {
    // With EVENT_IDX, the event that was reached already does it.
    if (!this.#eventIdx) {
      Atomics.store(this.#used, RING_FLAGS, VRING_USED_F_NO_NOTIFY);
    }
  }

  /** The same while the driver was asked to notify, and has not. */
  withdrawNotifications(): void {
    if (this.#eventIdx) {
      // The next entry is beyond the event then, and it is far off until another is at it.
      Atomics.store(this.#used, this.#availEvent, (this.#nextAvail - 1) & INDEX_MASK);
    } else {
      this.disableNotifications();
    }
  }

  /**
   * Asks the driver to notify when there is something new. True if there is something already, about
   * which it may or may not notify: go on then.
   */
  enableNotifications(): boolean {
    if (this.#broken !== undefined) {
      return false;
    }
    if (this.#eventIdx) {
      Atomics.store(this.#used, this.#availEvent, this.#nextAvail);
    } else {
      Atomics.store(this.#used, RING_FLAGS, 0);
    }
    // The driver publishes first and looks for the wish afterwards; here it is the other way round, so
    // one of the two sees the other.
    return Atomics.load(this.#avail, RING_IDX) !== this.#nextAvail;
  }

  /** Looks for new entries of the available ring; true if there are any. */
  #look(): boolean {
    if (this.#broken !== undefined) {
      return false;
    }
    const idx = Atomics.load(this.#avail, RING_IDX);
    if (idx === this.#nextAvail) {
      return false;
    }
    // Each chain has at least one descriptor, so no more can be on their way than there are: neither
    // new ones, nor those together with what was taken and not given back yet. 2.7.6.1: the index
    // never goes back, which looks the same.
    const fresh = (idx - this.#nextAvail) & INDEX_MASK;
    const outstanding = (idx - this.#nextUsed) & INDEX_MASK;
    if (fresh > this.size || outstanding > this.size) {
      this.#break(`available index ${idx} after ${this.#nextAvail}`);
      return false;
    }
    this.#seenAvail = idx;
    return true;
  }

  #break(fault: string): void {
    this.#broken ??= fault;
    this.#seenAvail = this.#nextAvail;
  }
}
