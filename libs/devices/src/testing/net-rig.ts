import { readSync, writeSync } from 'node:fs';

import {
  type GuestMemory,
  type LogRecord,
  OwnedFd,
  PollLoop,
  setNonblocking,
  sinkLogger,
  socketPair,
  streamPair,
} from '@crosvm/sys-util';

import { DeviceCounters } from '../metrics/device-counters';
import type { ActivationContext } from '../virtio/backend';
import { QUEUE_FEATURES } from '../virtio/features';
import type { DataPath, DataPathEvents } from '../virtio/net/data-path';
import { StreamPath } from '../virtio/net/stream/stream-path';
import { netFeatures, netQueueSizes } from '../virtio/net/config-space';
import { HEADER_BYTES } from '../virtio/net/frame';
import { Net } from '../virtio/net/net';
import type { NetConfig } from '../virtio/net/net-config';
import type { TapControl } from '../virtio/net/tap-control';
import { TapPath } from '../virtio/net/tap-path';
import { VirtQueue } from '../virtio/queue/virt-queue';
import { MockDriver } from '../virtio/testing/mock-driver';
import { HIGH_MEMORY, testMemory } from '../virtio/testing/test-queue';

const DESCRIPTORS = 32;

/** A TAP interface that is a pair of sockets, and does what it is told. */
class FakeTap implements TapControl {
  readonly fds: readonly number[];
  /** What it was told. */
  readonly told: string[] = [];
  /** Whether it does what it is told. */
  willing = true;

  constructor(readonly ends: readonly (readonly [near: OwnedFd, far: OwnedFd])[]) {
    this.fds = ends.map(([near]) => near.raw);
  }

  setOffload(offload: number): boolean {
    this.told.push(`offload 0x${offload.toString(16)}`);
    return this.willing;
  }

  setQueues(count: number): boolean {
    this.told.push(`${count} queues`);
    return this.willing;
  }
}

/** A buffer of the driver to receive into. */
export interface RxBuffer {
  readonly at: number;
  readonly length: number;
}

/** The header of a frame, and its bytes. */
export function frame(length: number, fill = 7, header = Buffer.alloc(HEADER_BYTES)): Buffer {
  return Buffer.concat([header, Buffer.alloc(length, fill)]);
}

/** A network card with drivers of its queues, and a host at the other end of its interface. */
export class NetRig implements Disposable {
  readonly loop = new PollLoop();
  readonly memory: GuestMemory;
  readonly tap: FakeTap;
  readonly net: Net;
  readonly drivers: MockDriver[];
  readonly queues: (VirtQueue | undefined)[];
  readonly log: LogRecord[] = [];
  /** By queue. */
  readonly interrupts: number[];
  /** What of the configuration was changed: offset, then bytes. */
  readonly configChanges: number[][] = [];
  readonly features: bigint;
  /** All buffers to receive into that the driver ever gave. */
  readonly allBuffers: RxBuffer[] = [];
  /** Where what was sent last is. */
  lastSent: RxBuffer = { at: 0, length: 0 };
  readonly counters = DeviceCounters.unread();
  readonly #toServe = new Set<number>();
  #writeEnd: OwnedFd | undefined;
  #nextBuffer = HIGH_MEMORY;

  constructor(
    config: NetConfig,
    {
      features = netFeatures(config) | QUEUE_FEATURES,
      descriptors = DESCRIPTORS,
      link = 'tap',
    }: { features?: bigint; descriptors?: number; link?: 'tap' | 'stream' } = {},
  ) {
    this.memory = testMemory();
    this.features = features;
    const count = netQueueSizes(config).length;
    this.drivers = Array.from(
      { length: count },
      (_, index) =>
        new MockDriver(this.memory, { base: 0x1_0000 * (index + 1), size: descriptors }),
    );
    this.queues = this.drivers.map(
      (driver) => new VirtQueue(this.memory, driver.config, { features }),
    );
    this.interrupts = this.drivers.map(() => 0);
    const pair = link === 'tap' ? socketPair : streamPair;
    const ends = Array.from({ length: config.pairs }, () => pair());
    ends.flat().forEach((fd) => setNonblocking(fd.raw, true));
    this.tap = new FakeTap(ends);
    const logger = sinkLogger({ write: (record) => this.log.push(record) });
    const { tap, loop: poller, counters } = this;
    const tapPath = (events: DataPathEvents): DataPath =>
      new TapPath({ tap, poller, logger, mtu: config.mtu, counters }, events);
    const streamPath = (events: DataPathEvents): DataPath => {
      const readFd = tap.fds[0] ?? -1;
      this.#writeEnd = OwnedFd.duplicate(readFd);
      return new StreamPath(
        { readFd, writeFd: this.#writeEnd.raw, poller, logger, counters },
        events,
      );
    };
    this.net = new Net(config, logger, link === 'tap' ? tapPath : streamPath);
    this.activate();
  }

  /** The driver is ready, perhaps once more. */
  activate(): void {
    const context: ActivationContext = {
      memory: this.memory,
      queues: this.queues,
      features: this.features,
      interrupt: (index) => (this.interrupts[index] = (this.interrupts[index] ?? 0) + 1),
      serve: (index) => this.#toServe.add(index),
      handOver: () => undefined,
      fail: () => undefined,
      updateConfig: (offset, content) => this.configChanges.push([offset, ...content]),
    };
    this.net.activate(context);
    // As the host does, which kicks all queues.
    this.queues.forEach((_, index) => this.#toServe.add(index));
    this.turn();
  }

  /** The reset of the device, with its queues. */
  reset(): void {
    this.net.reset();
    this.drivers.forEach((driver) => driver.clear());
    this.drivers.forEach((driver, index) => {
      this.queues[index] = new VirtQueue(this.memory, driver.config, { features: this.features });
    });
  }

  /** The reset of one queue, which the driver enables again at once. */
  resetQueue(index: number): void {
    this.net.resetQueue(index);
    const driver = this.driver(index);
    driver.clear();
    this.queues[index] = new VirtQueue(this.memory, driver.config, { features: this.features });
    this.kick(index);
  }

  /** The driver of queue `index`. */
  driver(index: number): MockDriver {
    const driver = this.drivers[index];
    if (driver === undefined) {
      throw new RangeError(`queue ${index}`);
    }
    return driver;
  }

  /** Gives buffers to receive into, a chain each, and notifies. */
  give(lengths: readonly number[], queue = 0): RxBuffer[] {
    const buffers = lengths.map((length) => {
      const at = this.#nextBuffer;
      this.#nextBuffer += length + 16;
      this.memory.fill(at, length, 0xee);
      return { at, length };
    });
    this.allBuffers.push(...buffers);
    this.driver(queue).add(...buffers.map((buffer) => [{ ...buffer, writable: true }]));
    this.kick(queue);
    return buffers;
  }

  /** Sends bytes, in as many buffers as there are cuts and one more, and notifies. */
  send(bytes: Uint8Array, cuts: readonly number[] = [], queue = 1): void {
    const driver = this.driver(queue);
    const at = driver.place(bytes);
    this.lastSent = { at, length: bytes.length };
    const ends = [...cuts, bytes.length];
    driver.add(
      ends.map((end, index) => {
        const start = ends[index - 1] ?? 0;
        return { at: at + start, length: end - start };
      }),
    );
    this.kick(queue);
  }

  /** The driver notifies. */
  kick(queue: number): void {
    this.#toServe.add(queue);
    this.turn();
  }

  /** Serves what is ready, until nothing is. */
  turn(times = 20): void {
    for (let count = 0; count < times; count += 1) {
      const queues = [...this.#toServe];
      this.#toServe.clear();
      for (const index of queues) {
        if (this.net.handleQueue(index)) {
          this.#toServe.add(index);
        }
      }
      this.loop.runOnce(0);
    }
  }

  /** The host sends a frame, with its header. */
  hostSends(bytes: Uint8Array, pair = 0): void {
    writeSync(this.#far(pair), bytes);
  }

  /** What the host received, oldest first; at most `most` frames. */
  hostReceived(pair = 0, most = 1000): Buffer[] {
    const frames: Buffer[] = [];
    const buffer = Buffer.alloc(100_000);
    while (frames.length < most) {
      try {
        frames.push(Buffer.from(buffer.subarray(0, readSync(this.#far(pair), buffer))));
      } catch {
        break;
      }
    }
    return frames;
  }

  /** What is in a buffer of the driver. */
  read({ at }: RxBuffer, length: number): Buffer {
    return Buffer.from(this.memory.read(at, length));
  }

  /** The messages of the log. */
  get messages(): string[] {
    return this.log.map(({ message }) => message);
  }

  #far(pair: number): number {
    return this.tap.ends[pair]?.[1].raw ?? -1;
  }

  [Symbol.dispose](): void {
    this.net[Symbol.dispose]();
    this.loop[Symbol.dispose]();
    this.#writeEnd?.close();
    this.tap.ends.flat().forEach((fd) => fd.close());
  }
}
