import { type Logger, RateLimited, SysError } from '@crosvm/sys-util';

import type { DeviceCounters } from '../../metrics/device-counters';

/** Why a frame was dropped, for messages. */
export type DropReason =
  | 'the guest sent a frame that is none'
  | 'the guest gave a buffer without room for a header'
  | 'the guest gave a buffer that is too small for a frame'
  | 'the guest gave too few buffers for a frame';

/** Counts the frames of a card that go nowhere, and says so now and then. */
export class Drops {
  /** Frames from the host that the guest did not get. */
  received = 0;
  /** Frames of the guest that the host did not take. */
  sent = 0;
  readonly #log: RateLimited;
  readonly #counters: DeviceCounters;

  constructor(logger: Logger, counters: DeviceCounters) {
    this.#counters = counters;
    this.#log = new RateLimited(logger);
  }

  /** A frame from the host is dropped. */
  receive(reason: DropReason): void {
    this.received += 1;
    this.#counters.failed();
    this.#say(reason);
  }

  /** A frame of the guest is dropped by us. */
  send(reason: DropReason): void {
    this.sent += 1;
    this.#counters.failed();
    this.#say(reason);
  }

  /** A frame of the guest is dropped by the host: `errno` is positive. */
  refused(errno: number): void {
    this.sent += 1;
    this.#counters.failed();
    if (this.#log.allows()) {
      const { message } = new SysError('write', errno);
      this.#log.warn(`a frame of the guest was dropped (${this.sent} so far): ${message}`);
    }
  }

  /** A frame from the host, if it was one, could not be read: `errno` is positive. */
  failed(errno: number): void {
    this.received += 1;
    if (this.#log.allows()) {
      const { message } = new SysError('read', errno);
      this.#log.warn(`a frame for the guest was lost (${this.received} so far): ${message}`);
    }
  }

  /** Says how much was not said. */
  flush(): void {
    this.#log.flush();
  }

  #say(reason: DropReason): void {
    if (this.#log.allows()) {
      this.#log.warn(reason);
    }
  }
}
