import {
  VRING_DESC_F_INDIRECT,
  VRING_DESC_F_NEXT,
  VRING_DESC_F_WRITE,
  vring_desc,
} from '@crosvm/virtio-sys';

import { poisonAfterEachRead } from '../../testing/poison';
import {
  Features,
  HIGH_BYTES,
  HIGH_MEMORY,
  hostRanges,
  outsideOf,
  testQueue,
} from '../testing/test-queue';
import { CHAINS_PER_WAKE, serveQueue } from './serve-queue';

const NEXT = VRING_DESC_F_NEXT;
const WRITE = VRING_DESC_F_WRITE;
const INDIRECT = VRING_DESC_F_INDIRECT;
const READABLE = { at: 0x4000, length: 16 };
const MEMORY_END = HIGH_MEMORY + HIGH_BYTES;

type TestQueue = ReturnType<typeof testQueue>;

/** What every broken queue is like: it takes nothing, gives nothing, and keeps quiet. */
function expectBroken({ driver, queue }: TestQueue, fault: RegExp): void {
  expect(queue.pop()).toBeUndefined();
  expect(queue.broken).toMatch(fault);
  const used = driver.usedIndex;
  queue.addUsed(0, 1);
  expect(queue.pop()).toBeUndefined();
  expect(queue.enableNotifications()).toBe(false);
  expect(queue.needsInterrupt()).toBe(false);
  expect(driver.usedIndex).toBe(used);
}

describe('a chain that the device cannot pass over breaks the queue', () => {
  // CVE-2019-18960 of Firecracker: sums of address and length that wrap.
  it.each([
    ['in the hole', 1024 ** 2, 1],
    ['over the end of a region', 1024 ** 2 - 1, 2],
    ['over the end of memory', MEMORY_END - 1, 2],
    ['of 4 GiB less one', HIGH_MEMORY, 0xffff_ffff],
    ['whose end wraps around 2^64', 2n ** 64n - 1n, 2],
    ['whose end wraps around 2^64, far', 2n ** 64n - 0x1000n, 0xffff_ffff],
    ['whose end wraps around 2^32', 0xffff_ffff, 2],
    ['beyond precise numbers', 2n ** 53n + 1n, 1],
    ['at an address whose lower half is good', 2n ** 63n + 0x4000n, 16],
  ])('a buffer %s', (_, addr, len) => {
    const rig = testQueue();
    rig.driver.writeDescriptor(0, { addr, len });
    rig.driver.publish(0);

    expectBroken(rig, /^a buffer outside of memory: \d+ bytes at 0x/);
  });

  it('a loop of one', () => {
    const rig = testQueue();
    rig.driver.writeDescriptor(2, { addr: 0x4000, len: 1, flags: NEXT, next: 2 });
    rig.driver.publish(2);

    expectBroken(rig, /more than 16 descriptors in a chain/);
  });

  it('a loop of all', () => {
    const rig = testQueue();
    for (let index = 0; index < 16; index += 1) {
      rig.driver.writeDescriptor(index, { addr: 0, len: 0, flags: NEXT, next: (index + 1) % 16 });
    }
    rig.driver.publish(7);

    expectBroken(rig, /more than 16 descriptors in a chain/);
  });

  it('a loop in an indirect table', () => {
    const rig = testQueue();
    const table = rig.driver.writeTable([READABLE, READABLE]);
    rig.driver.writeDescriptor(1, { addr: 0x4000, len: 1, flags: NEXT, next: 0 }, table);
    rig.driver.publish(rig.driver.writeIndirect(table, 32));

    expectBroken(rig, /more than 16 descriptors in a chain/);
  });

  it('a chain in an indirect table that is longer than the queue', () => {
    const rig = testQueue();
    rig.driver.addIndirect(Array.from({ length: 17 }, () => READABLE));

    expectBroken(rig, /more than 16 descriptors in a chain/);
  });

  it('a next descriptor beyond the table', () => {
    const rig = testQueue();
    rig.driver.writeDescriptor(0, { addr: 0x4000, len: 1, flags: NEXT, next: 16 });
    rig.driver.publish(0);

    expectBroken(rig, /next descriptor 16 of 16/);
  });

  it('a next descriptor beyond the indirect table', () => {
    const rig = testQueue();
    const table = rig.driver.writeTable([READABLE, READABLE]);
    rig.driver.writeDescriptor(0, { addr: 0x4000, len: 1, flags: NEXT, next: 2 }, table);
    rig.driver.publish(rig.driver.writeIndirect(table, 32));

    expectBroken(rig, /next descriptor 2 of 2/);
  });

  it('a readable buffer after a writable one', () => {
    const rig = testQueue();
    rig.driver.writeDescriptor(0, { addr: 0x4000, len: 1, flags: NEXT | WRITE, next: 1 });
    rig.driver.writeDescriptor(1, { addr: 0x5000, len: 1 });
    rig.driver.publish(0);

    expectBroken(rig, /descriptor 1 is readable after writable/);
  });

  it('a readable buffer after an empty writable one', () => {
    const rig = testQueue();
    rig.driver.writeDescriptor(0, { addr: 0, len: 0, flags: NEXT | WRITE, next: 1 });
    rig.driver.writeDescriptor(1, { addr: 0x5000, len: 1 });
    rig.driver.publish(0);

    expectBroken(rig, /descriptor 1 is readable after writable/);
  });

  it('more than 4 GiB, by buffers that overlap', () => {
    const rig = testQueue({ size: 256 });
    const half = { at: HIGH_MEMORY, length: HIGH_BYTES };
    rig.driver.add(Array.from({ length: 125 }, (_, index) => ({ ...half, writable: index > 60 })));

    expectBroken(rig, /a chain above 4 GiB/);
  });
});

describe('an indirect table that may not be breaks the queue', () => {
  it('where tables were not negotiated', () => {
    const rig = testQueue({ features: Features.eventIdx });
    rig.driver.addIndirect([READABLE]);

    expectBroken(rig, /an indirect table where none may be/);
  });

  it('in another table', () => {
    const rig = testQueue();
    const inner = rig.driver.writeTable([READABLE]);
    const outer = rig.driver.writeTable([READABLE]);
    rig.driver.writeDescriptor(0, { addr: inner, len: 16, flags: INDIRECT }, outer);
    rig.driver.publish(rig.driver.writeIndirect(outer, 16));

    expectBroken(rig, /an indirect table where none may be/);
  });

  it('that names itself', () => {
    const rig = testQueue();
    const table = rig.driver.writeTable([READABLE]);
    rig.driver.writeDescriptor(0, { addr: table, len: 16, flags: INDIRECT }, table);
    rig.driver.publish(rig.driver.writeIndirect(table, 16));

    expectBroken(rig, /an indirect table where none may be/);
  });

  it('with a next descriptor', () => {
    const rig = testQueue();
    const table = rig.driver.writeTable([READABLE]);
    rig.driver.publish(rig.driver.writeIndirect(table, 16, NEXT));

    expectBroken(rig, /an indirect table where none may be/);
  });

  it.each([0, 1, 15, 17, 0xffff_ffff])('of %d bytes', (length) => {
    const rig = testQueue();
    rig.driver.publish(rig.driver.writeIndirect(0x4000, length));

    expectBroken(rig, new RegExp(`an indirect table of ${length} bytes`));
  });

  it.each([
    ['over the end of memory', MEMORY_END - 16, 32],
    ['larger than memory', HIGH_MEMORY, 0xffff_fff0],
    ['in the hole', 1024 ** 2, 16],
  ])('%s', (_, at, length) => {
    const rig = testQueue();
    rig.driver.publish(rig.driver.writeIndirect(at, length));

    expectBroken(rig, /an indirect table outside of memory/);
  });
});

describe('a ring that cannot be breaks the queue', () => {
  it.each([16, 17, 0xffff])('with head %d of 16', (head) => {
    const rig = testQueue();
    rig.driver.publish(head);

    expectBroken(rig, /available ring names descriptor \d+ of 16/);
  });

  it.each([17, 1000, 0x8000, 0xffff])('with an index that jumps to %d', (index) => {
    const rig = testQueue();
    rig.driver.availIndex = index;

    expectBroken(rig, new RegExp(`available index ${index} after 0`));
  });

  it('with an index that goes back', () => {
    const rig = testQueue();
    rig.driver.add([READABLE], [READABLE], [READABLE]);
    [1, 2, 3].forEach(() => rig.queue.pop());
    rig.driver.availIndex = 2;

    expectBroken(rig, /available index 2 after 3/);
  });

  it('with more chains on their way than there are descriptors', () => {
    // What is in flight takes memory of the host: Firecracker 5762.
    const rig = testQueue();
    rig.driver.publish(...Array.from({ length: 16 }, () => 0));
    Array.from({ length: 16 }).forEach(() => rig.queue.pop());
    rig.driver.publish(0);

    expectBroken(rig, /available index 17 after 16/);
  });
});

describe('a driver that floods', () => {
  // Firecracker 3149, Cloud Hypervisor 7605.
  it('gets a bounded number of chains served at a time', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE]);
    let served = 0;
    const more = serveQueue(queue, {
      serve: ({ head }) => {
        served += 1;
        queue.addUsed(head, 0);
        driver.publish(0);
      },
    });

    expect([served, more]).toEqual([CHAINS_PER_WAKE, true]);
  });

  it('gets a bounded number of looks at a ring that is empty each time', () => {
    const { driver, queue } = testQueue();
    const load = jest.spyOn(Atomics, 'load') as jest.SpyInstance;
    // The index is there when it is asked whether to go to sleep, and not when chains are looked for.
    load.mockImplementation(() => (load.mock.calls.length - 1) % 2);

    const more = serveQueue(queue, { serve: () => undefined });
    const looks = load.mock.calls.length;
    load.mockRestore();

    expect(more).toBe(true);
    expect(looks).toBeLessThanOrEqual(2 * CHAINS_PER_WAKE);
    expect(driver.usedIndex).toBe(0);
  });

  it('ends the turn at once when the queue breaks', () => {
    const { driver, queue } = testQueue();
    driver.publish(99);

    expect(serveQueue(queue, { serve: () => undefined })).toBe(false);
  });

  it('does not get the device to take the same turn for ever', () => {
    const { driver, queue } = testQueue();
    const heads: number[] = [];
    driver.add([READABLE], [READABLE]);

    const more = serveQueue(queue, { serve: ({ head }) => heads.push(head) });

    expect([more, heads.length]).toEqual([false, 2]);
    expect(driver.availEvent).toBe(2);
  });
});

describe('memory that changes while the device looks at it', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is read once, field by field, from the table', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE, { at: HIGH_MEMORY, length: 100, writable: true }]);
    poisonAfterEachRead();

    const chain = queue.pop()!;
    jest.restoreAllMocks();

    expect(hostRanges(chain.readable).map(({ length }) => length)).toEqual([16]);
    expect(hostRanges(chain.writable).map(({ length }) => length)).toEqual([100]);
    expect(outsideOf(driver.memory, hostRanges(chain.writable))).toEqual([]);
  });

  it('is read once, field by field, from an indirect table', () => {
    const { driver, queue } = testQueue();
    driver.addIndirect([READABLE, { at: HIGH_MEMORY, length: 100, writable: true }]);
    poisonAfterEachRead();

    const chain = queue.pop()!;
    jest.restoreAllMocks();

    expect([chain.readable.total, chain.writable.total]).toEqual([16, 100]);
  });

  it('is poisoned in these tests indeed', () => {
    const { driver } = testQueue();
    driver.writeDescriptor(0, { addr: 0x4000, len: 1 });
    const bytes = driver.memory.slice(driver.config.desc, vring_desc.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    poisonAfterEachRead();

    expect([view.getInt32(0, true), view.getInt32(0, true)]).toEqual([0x4000, -1]);
  });

  it('never comes from the used ring, which the driver may overwrite', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE], [READABLE]);
    queue.addUsed(queue.pop()!.head, 1);
    driver.memory.fill(driver.config.used, 64, 0xff);
    queue.addUsed(queue.pop()!.head, 2);

    expect(driver.usedIndex).toBe(2);
    expect(queue.position).toEqual({ avail: 2, used: 2 });
  });
});
