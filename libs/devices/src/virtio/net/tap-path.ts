import { type Logger, type Poller, SysError } from '@crosvm/sys-util';

import { DeviceCounters } from '../../metrics/device-counters';
import type { ActivationContext } from '../backend';
import { serveStream } from '../queue/serve-queue';
import type { DataPath, DataPathEvents } from './data-path';
import { Drops } from './drops';
import { frameBytes, MAX_FRAME_BYTES } from './frame';
import { receiveQueue, transmitQueue } from './net-config';
import { Receiver } from './receiver';
import type { TapControl } from './tap-control';
import { Transmitter } from './transmitter';

/** The MTU of Ethernet, where nobody says otherwise. */
const DEFAULT_MTU = 1500;

/** What the path between queues and a TAP interface is made of. */
export interface TapPathParts {
  readonly tap: TapControl;
  readonly poller: Poller;
  readonly logger: Logger;
  /** Bytes of the largest packet, as far as the guest was told. */
  readonly mtu: number | undefined;
  readonly counters?: DeviceCounters | undefined;
}

/** One pair of queues and its descriptor. */
interface Pair {
  readonly receiver: Receiver;
  readonly transmitter: Transmitter;
}

/** Takes frames between the queues and a TAP interface, in this process. */
export class TapPath implements DataPath {
  readonly handsOver = false;
  readonly #tap: TapControl;
  readonly #mtu: number;
  readonly #pairs: readonly Pair[];
  readonly #drops: Drops;
  #context: ActivationContext | undefined;
  #used = 1;

  constructor(parts: TapPathParts, events: DataPathEvents) {
    const { tap, poller, logger, mtu } = parts;
    const counters = parts.counters ?? DeviceCounters.unread();
    this.#tap = tap;
    this.#mtu = Math.max(mtu ?? 0, DEFAULT_MTU);
    const drops = new Drops(logger, counters);
    this.#drops = drops;
    const onLost = (errno: number): void => events.lost(new SysError('read', errno).message);
    this.#pairs = tap.fds.map((fd) => ({
      receiver: new Receiver({ fd, poller, drops, onLost, counters }),
      transmitter: new Transmitter(fd, drops, counters),
    }));
  }

  start(context: ActivationContext): void {
    this.#context = context;
    this.setPairs(1);
    this.#pairs.forEach(({ receiver }, pair) => {
      receiver.start(context, receiveQueue(pair));
    });
  }

  handleQueue(index: number): boolean {
    const pair = this.#pairs[index >> 1];
    const queue = this.#context?.queues[index];
    // Virtio 1.2, 5.1.6.5.5: only so many pairs are used.
    if (pair === undefined || queue === undefined || index >> 1 >= this.#used) {
      return false;
    }
    if ((index & 1) !== 0) {
      return serveStream(queue, pair.transmitter);
    }
    pair.receiver.receive();
    return false;
  }

  setPairs(pairs: number): boolean {
    if (!this.#tap.setQueues(pairs)) {
      return false;
    }
    this.#used = pairs;
    this.#pairs.forEach(({ receiver }, pair) => {
      receiver.setEnabled(pair < pairs);
      if (pair < pairs) {
        this.#context?.serve(receiveQueue(pair));
        this.#context?.serve(transmitQueue(pair));
      }
    });
    return true;
  }

  setOffload(offload: number): boolean {
    const size = offload === 0 ? frameBytes(this.#mtu) : MAX_FRAME_BYTES;
    this.#pairs.forEach(({ receiver }) => receiver.expect(size));
    return this.#tap.setOffload(offload);
  }

  resetQueue(index: number): void {
    if ((index & 1) === 0) {
      this.#pairs[index >> 1]?.receiver.resetQueue();
    }
  }

  stop(): void {
    this.#context = undefined;
    this.#pairs.forEach(({ receiver }) => receiver.stop());
    this.#drops.flush();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#pairs.forEach(({ receiver }) => receiver[Symbol.dispose]());
  }
}
