import {
  type Accessor,
  addr64,
  alignUp,
  bytes,
  type GuestAddress,
  i32,
  PAGE_SIZE,
  SharedCounters,
  struct,
  u32,
  u64,
} from '@crosvm/data-model';

import { DeviceCounters } from '../metrics/device-counters';

/** Most bytes of a device's own configuration. */
export const MAX_DEVICE_CONFIG = 512;

/** A queue, as its driver set it up. Its numbers are the guest's: to be checked by who uses them. */
const virtio_page_queue = struct('virtio_page_queue', {
  /** Not 0: the driver enabled it. */
  enabled: u32,
  /** Descriptors. */
  size: u32,
  desc: addr64,
  avail: addr64,
  used: addr64,
});

/** Each side's words have a cache line of their own. */
const virtio_device_page = struct('virtio_device_page', {
  // Written by the front end.
  features: u64,
  status: u32,
  queue_count: u32,
  /** Not 0: interrupts go by the pin, and the ISR status has to be set for them. */
  uses_pin: u32,
  front_end_pad: bytes(44),
  // Written by the back end.
  needs_reset: i32,
  config_sequence: i32,
  back_end_pad: bytes(56),
  // Bits set by the back end, taken by the front end.
  isr: i32,
  isr_pad: bytes(60),
  // Written by the back end, but for the first time.
  config: bytes(MAX_DEVICE_CONFIG),
  // Written by the back end, read by whoever watches the VM.
  counters: bytes(DeviceCounters.size),
});

const QUEUES_AT = virtio_device_page.size;
const NEEDS_RESET = virtio_device_page.offsetOf('needs_reset') >> 2;
const CONFIG_SEQUENCE = virtio_device_page.offsetOf('config_sequence') >> 2;
const ISR = virtio_device_page.offsetOf('isr') >> 2;
const COUNTERS = virtio_device_page.offsetOf('counters') >> 2;
const CONFIG_AT = virtio_device_page.offsetOf('config');

/** A queue, as the front end publishes it and the back end finds it. */
export interface QueueSetup {
  /** The driver enabled it. */
  readonly enabled: boolean;
  /** Descriptors. */
  readonly size: number;
  readonly desc: GuestAddress;
  readonly avail: GuestAddress;
  readonly used: GuestAddress;
}

/** Bytes of the page of a device with `queueCount` queues: whole pages. */
export function devicePageSize(queueCount: number): number {
  return alignUp(QUEUES_AT + queueCount * virtio_page_queue.size, PAGE_SIZE);
}

/**
 * The device page: a memfd that the front end of one virtio device and its back end both map.
 *
 *      front end (vCPU threads)                      back end (device host)
 *      features, status, queues  -- at activate -->  read once, then checked
 *      ISR status, read clears   <-- bits set -----  interrupt, change of configuration
 *      NEEDS_RESET in status     <-- a word -------  gives up
 *      its own copy              <-- sequence -----  config bytes
 *      (metrics)                 <-- counters -----  counts
 *
 * What the front end writes, it never reads back: its own state is where the other side cannot write.
 * What it reads are bits and bytes that the guest is shown, any value of which is harmless.
 *
 * The config bytes are published by a sequence lock: odd while the back end writes. The front end
 * takes a copy of a whole version, so the guest never sees half of one.
 */
export class DevicePage {
  /** What the back end counts. */
  readonly counters: DeviceCounters;
  readonly #words: Int32Array;
  readonly #config: Uint8Array;
  readonly #header: Accessor<(typeof virtio_device_page)['fields']>;
  readonly #queue: Accessor<(typeof virtio_page_queue)['fields']>;
  readonly #queueRoom: number;

  /**
   * @param bytes the mapped page, zeroed when it was made
   * @throws RangeError if that is no whole page
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length < PAGE_SIZE) {
      throw new RangeError(`a device page of ${bytes.length} bytes`);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.counters = new DeviceCounters(new SharedCounters(this.#words, COUNTERS));
    this.#config = bytes.subarray(CONFIG_AT, CONFIG_AT + MAX_DEVICE_CONFIG);
    this.#header = virtio_device_page.over(view, 0);
    this.#queue = virtio_page_queue.over(view, QUEUES_AT);
    this.#queueRoom = Math.floor((bytes.length - QUEUES_AT) / virtio_page_queue.size);
  }

  // The front end's half.

  /** Says whether interrupts go by the pin, for which the ISR status counts, or by messages. */
  publishPin(usesPin: boolean): void {
    this.#header.uses_pin = usesPin ? 1 : 0;
  }

  /** Says what the driver negotiated; the queues come before. */
  publish(features: bigint, status: number, queueCount: number): void {
    this.#header.features = features;
    this.#header.status = status;
    this.#header.queue_count = queueCount;
  }

  /**
   * Says how queue `index` is set up.
   * @throws RangeError if the page has no room for it, or an address is 2^53 or more
   */
  publishQueue(index: number, setup: QueueSetup): void {
    const queue = this.#queueAt(index);
    queue.enabled = setup.enabled ? 1 : 0;
    queue.size = setup.size;
    queue.desc = setup.desc;
    queue.avail = setup.avail;
    queue.used = setup.used;
  }

  /** What a reset of the device leaves of the shared words: nothing. The config bytes stay. */
  clear(): void {
    Atomics.store(this.#words, ISR, 0);
    Atomics.store(this.#words, NEEDS_RESET, 0);
    this.#header.features = 0n;
    this.#header.status = 0;
  }

  /** The ISR status: VIRTIO_PCI_ISR_*. */
  get isr(): number {
    return Atomics.load(this.#words, ISR) & 0xff;
  }

  /** Reads the ISR status and clears it. */
  takeIsr(): number {
    // The load spares the common case, nothing is set, a locked write to the other's cache line.
    return Atomics.load(this.#words, ISR) === 0 ? 0 : Atomics.exchange(this.#words, ISR, 0) & 0xff;
  }

  /** Whether one of the two sides has given up until the driver resets the device. */
  get needsReset(): boolean {
    return Atomics.load(this.#words, NEEDS_RESET) !== 0;
  }

  /** The version of the config bytes; odd while they are being written. */
  get configSequence(): number {
    return Atomics.load(this.#words, CONFIG_SEQUENCE);
  }

  /**
   * Copies the config bytes, as many as `into` takes, if they are another version than `seen`.
   * Returns the version that `into` has now: `seen` if there is no other one that is complete.
   */
  copyConfig(into: Uint8Array, seen: number): number {
    const sequence = this.configSequence;
    if (sequence === seen || (sequence & 1) !== 0) {
      return seen;
    }
    const copy = this.#config.slice(0, into.length);
    if (this.configSequence !== sequence) {
      return seen;
    }
    into.set(copy);
    return sequence;
  }

  // The back end's half.

  /** The features that the driver accepted. */
  get features(): bigint {
    return this.#header.features;
  }

  /** The device status as it is at activation: VIRTIO_CONFIG_S_*. */
  get status(): number {
    return this.#header.status;
  }

  /** Whether interrupts went by the pin when the driver was ready. */
  get usesPin(): boolean {
    return this.#header.uses_pin !== 0;
  }

  /** How queue `index` is set up; undefined if there is no such queue. Read once, then check. */
  queue(index: number): QueueSetup | undefined {
    if (!(index >= 0 && index < Math.min(this.#header.queue_count, this.#queueRoom))) {
      return undefined;
    }
    const { enabled, size, desc, avail, used } = this.#queueAt(index);
    return { enabled: enabled !== 0, size, desc, avail, used };
  }

  /** Sets bits of the ISR status: VIRTIO_PCI_ISR_*. Signal the interrupt afterwards. */
  raiseIsr(bits: number): void {
    if ((Atomics.load(this.#words, ISR) & bits) !== bits) {
      Atomics.or(this.#words, ISR, bits);
    }
  }

  /**
   * Gives up: the driver sees NEEDS_RESET from now on. Signal a change of configuration afterwards,
   * as virtio 1.2, 2.1.2 demands.
   */
  requestReset(): void {
    Atomics.store(this.#words, NEEDS_RESET, 1);
  }

  /**
   * Changes config bytes from `offset` on. Signal a change of configuration afterwards, unless it
   * is the driver itself that changed them. The first call is for who makes the page.
   * @throws RangeError if they do not fit
   */
  updateConfig(offset: number, content: Uint8Array): void {
    if (!(offset >= 0 && content.length <= this.#config.length - offset)) {
      throw new RangeError(`${content.length} bytes at ${offset} of a device's configuration`);
    }
    const begin = Atomics.load(this.#words, CONFIG_SEQUENCE) | 1;
    Atomics.store(this.#words, CONFIG_SEQUENCE, begin);
    this.#config.set(content, offset);
    Atomics.store(this.#words, CONFIG_SEQUENCE, (begin + 1) | 0);
  }

  #queueAt(index: number): Accessor<(typeof virtio_page_queue)['fields']> {
    if (!(index >= 0 && index < this.#queueRoom)) {
      throw new RangeError(`queue ${index} of ${this.#queueRoom}`);
    }
    return this.#queue.rebase(QUEUES_AT + index * virtio_page_queue.size);
  }
}
