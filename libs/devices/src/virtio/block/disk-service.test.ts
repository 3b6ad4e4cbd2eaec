import { VIRTIO_BLK_S_OK, VIRTIO_BLK_T_IN } from '@crosvm/virtio-sys';

import { BlockRig } from '../../testing/block-rig';
import { CONFIG, SECTORS } from '../../testing/disk-rigs';
import { describeRings, engineFor, ringEngine } from '../../testing/engines';
import { pattern, temporaryImage } from '@crosvm/disk/testing';
import type { Awaited } from '../queue/linger';

/** What happens while the service looks, one after the other; then nothing does. */
const mockMeanwhile: (() => void)[] = [];

jest.mock('../queue/linger', () => ({
  Linger: class {
    readonly isWorthwhile = true;

    lookFor(awaited: Awaited): boolean {
      mockMeanwhile.shift()?.();
      return awaited.hasCome();
    }

    woken(): void {
      // It looks anyway.
    }
  },
}));

const READ = { type: VIRTIO_BLK_T_IN, input: 512 };

/** A disk over a file, whose requests are done at once. */
function atOnceRig() {
  const image = temporaryImage(pattern(SECTORS * 512));
  const rig = new BlockRig(engineFor('synchronous', { image: image.fd.raw, sparse: true }), CONFIG);
  const dispose = () => [rig.block, image].forEach((each) => each[Symbol.dispose]());
  return { rig, [Symbol.dispose]: dispose };
}

/** A disk over a file, with a ring. */
function ringRig() {
  const image = temporaryImage(pattern(SECTORS * 512));
  const parts = ringEngine({ image: image.fd.raw, sparse: true });
  const rig = new BlockRig(parts, CONFIG);
  const dispose = () => [rig.block, parts.loop, image].forEach((each) => each[Symbol.dispose]());
  return { ...parts, rig, [Symbol.dispose]: dispose };
}

afterEach(() => {
  jest.restoreAllMocks();
  mockMeanwhile.length = 0;
});

describe('a disk that looks for what comes next', () => {
  it('serves it in the same turn, tells the driver, and asks for no notification before', () => {
    using disk = atOnceRig();
    const { rig } = disk;
    const places = [rig.place(READ), rig.place(READ), rig.place(READ)];
    const seen: number[][] = [];
    const addNext = (): void => {
      const [next] = places.splice(0, 1);
      seen.push([rig.driver.usedIndex, rig.interrupts, rig.driver.availEvent]);
      if (next !== undefined) {
        rig.driver.add(next.chain);
      }
    };
    const statuses = places.map(({ status }) => status);
    addNext();
    mockMeanwhile.push(addNext, addNext);
    const more = rig.block.handleQueue(0);

    expect(seen).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      // The driver said that it sees the second by itself.
      [2, 1, 0],
    ]);
    expect([more, rig.driver.usedIndex, rig.driver.availEvent]).toEqual([false, 3, 3]);
    expect(statuses.map((at) => rig.memory.readU8(at))).toEqual([0, 0, 0]);
  });

  it('lets others have their turn', () => {
    using disk = atOnceRig();
    const { rig } = disk;
    const { chain } = rig.place(READ);
    rig.driver.add(chain);
    mockMeanwhile.push(...Array.from({ length: 40 }, () => () => rig.driver.add(chain)));

    expect(rig.block.handleQueue(0)).toBe(true);
    expect(rig.driver.usedIndex).toBe(16);
  });
});

describeRings('a disk with a ring that looks for what comes next', () => {
  it('sees what is complete while it looks, and is not woken for it', () => {
    using disk = ringRig();
    const { rig, ring, engine, loop } = disk;
    const { chain, status } = rig.place(READ);
    rig.driver.add(chain);
    // In the page cache, it is complete as soon as it is begun; not so to be seen at once.
    jest.spyOn(ring, 'next').mockReturnValueOnce(false);
    rig.block.handleQueue(0);

    expect([engine.inFlight, rig.driver.usedIndex, rig.interrupts]).toEqual([0, 1, 1]);
    expect(rig.memory.readU8(status)).toBe(VIRTIO_BLK_S_OK);
    const commit = jest.spyOn(engine, 'commit');
    loop.runOnce(0);
    expect(commit).not.toHaveBeenCalled();
  });

  it('looks for requests after it was woken by answers', () => {
    using disk = ringRig();
    const { rig, ring, engine, loop } = disk;
    const [first, second] = [rig.place(READ), rig.place(READ)];
    rig.driver.add(first.chain);
    const next = jest.spyOn(ring, 'next');
    Array.from({ length: 24 }, () => next.mockReturnValueOnce(false));
    const hidden = jest.spyOn(engine, 'hasWork', 'get').mockReturnValue(false);
    rig.block.handleQueue(0);
    const before = rig.driver.usedIndex;
    hidden.mockRestore();
    next.mockRestore();
    mockMeanwhile.push(() => rig.driver.add(second.chain));
    ring.event.signal();
    loop.runOnce(1000);

    expect([before, rig.driver.usedIndex]).toEqual([0, 2]);
  });
});
