import type { Logger, Poller } from '@crosvm/sys-util';

import { DeviceCounters } from '../../../metrics/device-counters';
import type { ActivationContext } from '../../backend';
import type { DataPath, DataPathEvents } from '../data-path';
import { Drops } from '../drops';
import { receiveQueue, transmitQueue } from '../net-config';
import { StreamReceiver } from './stream-receiver';
import { StreamTransmitter } from './stream-transmitter';

/** What the path between queues and a stream is made of. */
export interface StreamPathParts {
  /** Two descriptors of one stream socket: to read it, and to write to it. They do not wait. */
  readonly readFd: number;
  readonly writeFd: number;
  readonly poller: Poller;
  readonly logger: Logger;
  readonly counters?: DeviceCounters | undefined;
}

const RECEIVE = receiveQueue(0);
const TRANSMIT = transmitQueue(0);

/** Takes frames between one pair of queues and a stream, which has no offloads. */
export class StreamPath implements DataPath {
  readonly handsOver = false;
  readonly #drops: Drops;
  readonly #receiver: StreamReceiver;
  readonly #transmitter: StreamTransmitter;

  constructor(parts: StreamPathParts, events: DataPathEvents) {
    const { readFd, writeFd, poller, logger } = parts;
    const counters = parts.counters ?? DeviceCounters.unread();
    const drops = new Drops(logger, counters);
    this.#drops = drops;
    const onLost = (reason: string): void => events.lost(reason);
    this.#receiver = new StreamReceiver({ fd: readFd, poller, drops, onLost, counters });
    this.#transmitter = new StreamTransmitter({ fd: writeFd, poller, drops, counters });
  }

  start(context: ActivationContext): void {
    this.#receiver.start(context, RECEIVE);
    this.#transmitter.start(context, TRANSMIT);
  }

  handleQueue(index: number): boolean {
    if (index === TRANSMIT) {
      return this.#transmitter.send();
    }
    this.#receiver.receive();
    return false;
  }

  setPairs(pairs: number): boolean {
    return pairs === 1;
  }

  setOffload(offload: number): boolean {
    return offload === 0;
  }

  resetQueue(index: number): void {
    (index === TRANSMIT ? this.#transmitter : this.#receiver).resetQueue();
  }

  stop(): void {
    this.#receiver.stop();
    this.#transmitter.stop();
    this.#drops.flush();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#receiver[Symbol.dispose]();
    this.#transmitter[Symbol.dispose]();
  }
}
