import { SharedCounters } from '@crosvm/data-model';

// The numbers of the counters in the memory.
const KICKS = 0;
const INTERRUPTS = 1;
const REQUESTS = 2;
const TO_GUEST_BYTES = 3;
const FROM_GUEST_BYTES = 4;
const ERRORS = 5;

/** How many there is room for: a cache line. */
const ROOM = 8;

/** What a device has done since it was made. */
export interface DeviceCounts {
  /** Times that its back end was woken to look at a queue, or at what was written to a serial port. */
  readonly kicks: number;
  /** Interrupts that its back end sent. */
  readonly interrupts: number;
  /** Requests of the driver that were answered: buffers of virtqueues that were given back. */
  readonly requests: number;
  /** Bytes of data that the guest got: read from a disk, received by a network card. */
  readonly toGuestBytes: number;
  /** Bytes of data that came from the guest: written to a disk, sent by a network card. */
  readonly fromGuestBytes: number;
  /** Requests that failed or were refused, frames that were dropped, queues that a driver broke. */
  readonly errors: number;
}

/**
 * The counters of a device, in memory that its back end shares with the VMM: the back end counts, always,
 * the VMM reads when somebody asks. A back end that lies does so about its own device only.
 */
export class DeviceCounters {
  readonly #counters: SharedCounters;

  /** @param counters have room for `DeviceCounters.size` bytes */
  constructor(counters: SharedCounters) {
    this.#counters = counters;
  }

  /** Bytes of memory that they take. */
  static readonly size = SharedCounters.size(ROOM);

  /** Counters that nobody reads, for who is not asked. */
  static unread(): DeviceCounters {
    return new DeviceCounters(SharedCounters.own(ROOM));
  }

  /** The back end was woken. */
  kicked(): void {
    this.#counters.increment(KICKS);
  }

  /** It interrupted the guest. */
  interrupted(): void {
    this.#counters.increment(INTERRUPTS);
  }

  /** It answered so many requests. */
  answered(requests: number): void {
    this.#counters.add(REQUESTS, requests);
  }

  /** The guest got so many bytes of data. */
  toGuest(bytes: number): void {
    this.#counters.add(TO_GUEST_BYTES, bytes);
  }

  /** So many bytes of data came from the guest. */
  fromGuest(bytes: number): void {
    this.#counters.add(FROM_GUEST_BYTES, bytes);
  }

  /** Something that was asked for was not done. */
  failed(): void {
    this.#counters.increment(ERRORS);
  }

  /** What they stand at. */
  read(): DeviceCounts {
    const counters = this.#counters;
    return {
      kicks: counters.read(KICKS),
      interrupts: counters.read(INTERRUPTS),
      requests: counters.read(REQUESTS),
      toGuestBytes: counters.read(TO_GUEST_BYTES),
      fromGuestBytes: counters.read(FROM_GUEST_BYTES),
      errors: counters.read(ERRORS),
    };
  }
}
