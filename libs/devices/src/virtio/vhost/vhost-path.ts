import { type Logger, type Poller, SysError } from '@crosvm/sys-util';
import type { VhostNet } from '@crosvm/vhost';

import type { ActivationContext } from '../backend';
import type { DataPath } from '../net/data-path';
import { receiveQueue, transmitQueue } from '../net/net-config';
import type { TapControl } from '../net/tap-control';
import { QueueErrors } from './queue-errors';
import { VHOST_NET_FEATURES } from './vhost-features';
import { giveQueue } from './vhost-queue';

/** What the path that the kernel serves is made of. */
export interface VhostPathParts {
  readonly tap: TapControl;
  /** One a pair of queues; this process is their owner. */
  readonly devices: readonly VhostNet[];
  readonly poller: Poller;
  readonly logger: Logger;
}

/** Queues of a pair. */
const PER_PAIR = 2;

/** Has the kernel take frames between the queues and a TAP interface: vhost-net. */
export class VhostPath implements DataPath {
  readonly handsOver = true;
  readonly #parts: VhostPathParts;
  readonly #errors: QueueErrors;
  /** By queue: whether the kernel serves it. */
  readonly #running: boolean[];
  /** By queue: where the kernel is to go on, for queues that were stopped without being reset. */
  readonly #bases: number[];
  #context: ActivationContext | undefined;
  #used = 1;

  /** @throws SysError EMFILE, ENFILE */
  constructor(parts: VhostPathParts) {
    const { poller, devices } = parts;
    const queues = PER_PAIR * devices.length;
    this.#parts = parts;
    this.#running = Array.from({ length: queues }, () => false);
    this.#bases = this.#running.map(() => 0);
    this.#errors = new QueueErrors(poller, queues, (index) =>
      this.#context?.fail(index, 'the kernel cannot go on with it'),
    );
  }

  start(context: ActivationContext): void {
    this.#context = context;
    this.#bases.fill(0);
    for (const device of this.#parts.devices) {
      device.setFeatures(context.features & VHOST_NET_FEATURES);
      device.setMemory(context.memory.regions);
    }
    this.setPairs(1);
  }

  /** The kernel has the kicks of queues that run: this is one that was enabled later. */
  handleQueue(index: number): boolean {
    if (index >> 1 < this.#used) {
      this.#startQueue(index);
    }
    return false;
  }

  setPairs(pairs: number): boolean {
    const { devices, tap } = this.#parts;
    // An interface that sends to a queue must have somebody who takes it, and the other way round.
    for (let pair = pairs; pair < devices.length; pair += 1) {
      this.#stopPair(pair);
    }
    if (!tap.setQueues(pairs)) {
      return false;
    }
    this.#used = pairs;
    this.#startPairs();
    return true;
  }

  setOffload(offload: number): boolean {
    return this.#parts.tap.setOffload(offload);
  }

  resetQueue(index: number): void {
    this.#stopQueue(index);
    this.#bases[index] = 0;
  }

  suspend(): void {
    this.#parts.devices.forEach((_, pair) => this.#stopPair(pair));
  }

  resume(): void {
    this.#startPairs();
  }

  stop(): void {
    this.#parts.devices.forEach((_, pair) => this.#stopPair(pair));
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#errors[Symbol.dispose]();
    this.#parts.devices.forEach((device) => device.close());
  }

  #startPairs(): void {
    for (let pair = 0; pair < this.#used; pair += 1) {
      this.#startQueue(receiveQueue(pair));
      this.#startQueue(transmitQueue(pair));
    }
  }

  #stopPair(pair: number): void {
    this.#stopQueue(receiveQueue(pair));
    this.#stopQueue(transmitQueue(pair));
  }

  #stopQueue(index: number): void {
    const device = this.#parts.devices[index >> 1];
    if (device !== undefined && this.#running[index] === true) {
      this.#running[index] = false;
      device.setBackend(index % PER_PAIR, undefined);
      this.#bases[index] = device.vringBase(index % PER_PAIR);
      device.setVringKick(index % PER_PAIR, undefined);
      device.setVringCall(index % PER_PAIR, undefined);
    }
  }

  #startQueue(index: number): void {
    const context = this.#context;
    const device = this.#parts.devices[index >> 1];
    const fd = this.#parts.tap.fds[index >> 1];
    if (!context || !device || fd === undefined || this.#running[index] === true) {
      return;
    }
    const handover = context.handOver(index);
    if (handover === undefined) {
      return;
    }
    const queue = {
      device,
      index: index % PER_PAIR,
      base: this.#bases[index] ?? 0,
      errorFd: this.#errors.fdOf(index),
    };
    try {
      giveQueue(queue, handover, context.memory);
      device.setBackend(queue.index, fd);
      this.#running[index] = true;
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      context.fail(index, error.message);
    }
  }
}
