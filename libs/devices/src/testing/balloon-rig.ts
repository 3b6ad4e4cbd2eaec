import { fstatSync } from 'node:fs';

import { type GuestMemory, type LogRecord, PollLoop, sinkLogger } from '@crosvm/sys-util';
import { VIRTIO_BALLOON_F_REPORTING } from '@crosvm/virtio-sys';

import type { DeviceCommand } from '../back-end/device-command';
import type { VirtioBackend } from '../virtio/backend';
import { balloonFeatures, balloonQueues } from '../virtio/balloon/balloon-config';
import { balloon } from '../virtio/balloon/module';
import { featureMask, QUEUE_FEATURES } from '../virtio/features';
import { VirtQueue } from '../virtio/queue/virt-queue';
import { MockDriver } from '../virtio/testing/mock-driver';
import { testMemory } from '../virtio/testing/test-queue';
import { FakeConfigSpace } from './fake-config-space';

/** Bytes of a page. */
export const PAGE = 4096;

const BLOCK_BYTES = 512;

/** Queues by what they are for, when all features are negotiated. */
export const Queue = { inflate: 0, deflate: 1, statistics: 2, reporting: 4 } as const;

/** All that the device offers. */
export const ALL_FEATURES = balloonFeatures({ reporting: true });

/** All of it but reports. */
export const NO_REPORTS = ALL_FEATURES & ~featureMask(VIRTIO_BALLOON_F_REPORTING);

/** A balloon's back end with a driver for each of its queues. */
export class BalloonRig {
  readonly memory: GuestMemory;
  readonly drivers: readonly MockDriver[];
  readonly balloon: VirtioBackend;
  readonly configSpace = new FakeConfigSpace();
  readonly log: LogRecord[] = [];
  readonly interrupts: number[] = [];

  constructor({ memory = testMemory() }: { memory?: GuestMemory } = {}) {
    this.memory = memory;
    // At the end of the lower megabyte: the rest is for what is given.
    this.drivers = balloonQueues({ reporting: true }).map(
      (_, index) => new MockDriver(this.memory, { base: 0xb_0000 + 0x1_0000 * index }),
    );
    const logger = sinkLogger({ write: (record) => this.log.push(record) });
    const { configSpace } = this;
    const host = { fds: [], poller: new PollLoop(), configSpace, logger };
    this.balloon = balloon.create({ reporting: true }, host);
  }

  /** One whose driver is ready. */
  static active(features = ALL_FEATURES, options: { memory?: GuestMemory } = {}): BalloonRig {
    const rig = new BalloonRig(options);
    rig.activate(features);
    return rig;
  }

  activate(features = ALL_FEATURES): void {
    this.drivers.forEach((driver) => driver.clear());
    const all = features | QUEUE_FEATURES;
    this.balloon.activate({
      memory: this.memory,
      queues: this.drivers.map(
        ({ config }) => new VirtQueue(this.memory, config, { features: all }),
      ),
      features: all,
      interrupt: (index) => this.interrupts.push(index),
      serve: () => undefined,
      handOver: () => undefined,
      fail: () => undefined,
      updateConfig: () => undefined,
    });
  }

  /** The driver of queue `index`. */
  driver(index: number): MockDriver {
    const driver = this.drivers[index];
    if (driver === undefined) {
      throw new RangeError(`queue ${index}`);
    }
    return driver;
  }

  /** Names pages on queue `index`, and lets the device serve; what it gave back. */
  name(index: number, pages: readonly number[]): { id: number; len: number }[] {
    const content = new Uint8Array(Uint32Array.from(pages).buffer);
    const driver = this.driver(index);
    driver.add([{ at: driver.place(content), length: content.length }]);
    return this.serve(index);
  }

  /** Lets the device serve a queue; what it gave back. */
  serve(index: number): { id: number; len: number }[] {
    while (this.balloon.handleQueue(index)) {
      // It had enough for one turn.
    }
    return this.driver(index).collectUsed();
  }

  /** The answer to a command; undefined if there is none yet. */
  command(command: DeviceCommand): unknown[] {
    const answers: unknown[] = [];
    this.balloon.command?.(command, (answer) => answers.push(answer));
    return answers;
  }

  /** Uses pages, with a byte that is not zero. */
  use(first: number, count: number): void {
    this.memory.fill(first * PAGE, count * PAGE, 0xaa);
  }

  /** Pages of guest memory that the host has to keep. */
  get pagesInUse(): number {
    return (fstatSync(this.memory.fd.raw).blocks * BLOCK_BYTES) / PAGE;
  }
}
