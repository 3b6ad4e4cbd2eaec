import { IoUring, PollLoop } from '@crosvm/sys-util';
import { WITHOUT_RINGS } from '@crosvm/sys-util/testing';

import { SynchronousEngine } from '../virtio/block/block-engine';
import { QUEUE_SIZE } from '../virtio/block/config-space';
import { RawDisk, type RawDiskOptions } from '@crosvm/disk';
import { RingEngine } from '../virtio/block/ring-engine';
import { atOnce, type EngineOfRig } from './block-rig';

/** How requests are done. */
export type EngineKind = 'synchronous' | 'io_uring';

/** Descriptors of the queues of tests. */
const OPERATIONS = 64;

/** Milliseconds after which a loop looks again; far longer than any request of a test takes. */
const PATIENCE_MS = 1000;

/** `describe` for what needs io_uring; the name says why it is skipped where there is none. */
export function describeRings(name: string, tests: () => void): void {
  const run = WITHOUT_RINGS === '' ? describe : describe.skip;
  run(`${name}${WITHOUT_RINGS}`, tests);
}

/** `describe`, once for each engine. */
export function describeEngines(name: string, tests: (kind: EngineKind) => void): void {
  describe(`${name}, synchronously`, () => tests('synchronous'));
  describeRings(`${name}, by io_uring`, () => tests('io_uring'));
}

/** A ring engine on a loop of its own, with what it is made of. */
export interface RingOfRig extends EngineOfRig {
  readonly engine: RingEngine;
  readonly ring: IoUring;
  readonly loop: PollLoop;
}

/** An engine over an image that does requests by io_uring. */
export function ringEngine(disk: RawDiskOptions): RingOfRig {
  const loop = new PollLoop();
  const ring = IoUring.create({ operations: OPERATIONS, ranges: QUEUE_SIZE });
  const { image, direct } = disk;
  const others = new SynchronousEngine(new RawDisk(disk));
  const engine = new RingEngine({ ring, poller: loop, image, preferred: direct ?? image, others });
  const settle = () => {
    while (engine.inFlight > 0) {
      loop.runOnce(PATIENCE_MS);
    }
  };
  return { engine, ring, loop, settle };
}

/** An engine of this kind over an image. */
export function engineFor(kind: EngineKind, disk: RawDiskOptions): EngineOfRig {
  return kind === 'io_uring' ? ringEngine(disk) : atOnce(new RawDisk(disk));
}
