import { VRING_AVAIL_F_NO_INTERRUPT, VRING_USED_F_NO_NOTIFY } from '@crosvm/virtio-sys';

import { Features, HIGH_MEMORY, hostRanges, testMemory, testQueue } from '../testing/test-queue';
import { VirtQueue } from './virt-queue';

const READABLE = { at: 0x4000, length: 16 };
const WRITABLE = { at: HIGH_MEMORY, length: 0x2000, writable: true };

describe('pop', () => {
  it('gives nothing as long as nothing is available', () => {
    const { queue } = testQueue();

    expect(queue.pop()).toBeUndefined();
    expect(queue.broken).toBeUndefined();
  });

  it('gives chains in the order in which they were made available, then nothing', () => {
    const { driver, queue } = testQueue();
    const heads = driver.add([READABLE], [READABLE, WRITABLE], [WRITABLE]);

    expect(heads.map(() => queue.pop()?.head)).toEqual(heads);
    expect(queue.pop()).toBeUndefined();
  });

  it('gives what is read and what is written as host addresses', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE, { at: 0x8000, length: 5 }, WRITABLE]);

    const chain = queue.pop()!;

    const host = (at: number) => driver.memory.hostAddress(at, 1);
    expect(hostRanges(chain.readable)).toEqual([
      { address: host(0x4000), length: 16 },
      { address: host(0x8000), length: 5 },
    ]);
    expect(hostRanges(chain.writable)).toEqual([{ address: host(HIGH_MEMORY), length: 0x2000 }]);
    expect([chain.readable.total, chain.writable.total]).toEqual([21, 0x2000]);
  });

  it('leaves empty buffers out, wherever they are', () => {
    const { driver, queue } = testQueue();
    driver.add([{ at: 2 ** 50, length: 0 }, READABLE, { at: 0, length: 0, writable: true }]);

    const chain = queue.pop()!;

    expect([chain.readable.count, chain.writable.count]).toEqual([1, 0]);
  });

  it('follows an indirect table, at any alignment', () => {
    const { driver, queue } = testQueue();
    const head = driver.addIndirect([READABLE, WRITABLE], 1);
    driver.allocate(3, 1);
    driver.addIndirect([READABLE, READABLE, WRITABLE], 1);

    expect(queue.pop()?.head).toBe(head);
    expect(hostRanges(queue.pop()!.readable)).toHaveLength(2);
  });

  it('follows an indirect table behind plain descriptors, and ignores its WRITE', () => {
    // Virtio 1.2, 2.7.5.3.2.
    const { driver, queue } = testQueue();
    const table = driver.writeTable([READABLE, WRITABLE]);
    const INDIRECT_AND_WRITE = 4 | 2;
    driver.writeDescriptor(0, { addr: 0x4000, len: 8, flags: 1, next: 5 });
    driver.writeDescriptor(5, { addr: table, len: 32, flags: INDIRECT_AND_WRITE });
    driver.publish(0);

    const chain = queue.pop()!;

    expect([chain.readable.count, chain.writable.count]).toEqual([2, 1]);
  });

  it('follows an indirect table that no single view has', () => {
    const memory = testMemory();
    const { driver, queue } = testQueue({ memory, base: HIGH_MEMORY + 16 * 1024 ** 2 - 600 });
    driver.allocate(HIGH_MEMORY + 16 * 1024 ** 2 - 24 - driver.allocate(0, 1), 1);
    driver.addIndirect([READABLE, WRITABLE, { ...WRITABLE, length: 7 }], 1);

    expect(hostRanges(queue.pop()!.writable).map(({ length }) => length)).toEqual([0x2000, 7]);
  });

  it('takes a chain as long as the queue, indirect or not', () => {
    const { driver, queue } = testQueue({ size: 8 });
    const buffers = Array.from({ length: 8 }, () => READABLE);
    driver.add(buffers);
    expect(queue.pop()?.readable.count).toBe(8);
    queue.addUsed(0, 0);
    driver.addIndirect(buffers);

    expect(queue.pop()?.readable.count).toBe(8);
  });

  it('ignores flags that no specification of split rings has', () => {
    const { driver, queue } = testQueue();
    driver.writeDescriptor(3, { addr: 0x4000, len: 8, flags: 0xfff8 });
    driver.publish(3);

    expect(queue.pop()?.readable.total).toBe(8);
  });

  it('goes on as the indices wrap', () => {
    const { driver, queue } = testQueue({ size: 4 });
    let mismatches = 0;
    for (let round = 0; round < 70_000; round += 1) {
      const [head] = driver.add([READABLE]);
      mismatches += queue.pop()?.head === head ? 0 : 1;
      queue.addUsed(head!, round);
    }

    expect(mismatches).toBe(0);
    expect(driver.usedIndex).toBe(70_000 & 0xffff);
  });

  it('goes on from a position', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE], [READABLE]);
    queue.addUsed(queue.pop()!.head, 1);
    const options = { features: Features.all, position: queue.position };
    const next = new VirtQueue(driver.memory, driver.config, options);

    next.addUsed(next.pop()!.head, 2);

    expect(next.pop()).toBeUndefined();
    expect(driver.collectUsed().map(({ len }) => len)).toEqual([1, 2]);
  });
});

describe('addUsed', () => {
  it('gives chains back with what was written, in any order', () => {
    const { driver, queue } = testQueue();
    const [first, second] = driver.add([READABLE], [WRITABLE]);
    queue.pop();
    queue.pop();

    queue.addUsed(second!, 0x2000);
    queue.addUsed(first!, 2 ** 32);

    expect(driver.collectUsed()).toEqual([
      { id: second, len: 0x2000 },
      { id: first, len: 0xffff_ffff },
    ]);
  });

  it('shows what was put only when it is published, all together', () => {
    const { driver, queue } = testQueue();
    const [first, second] = driver.add([WRITABLE], [WRITABLE]);
    queue.pop();
    queue.pop();

    queue.putUsed(first!, 1);
    queue.putUsed(second!, 2);
    const before = driver.usedIndex;
    queue.publishUsed();

    expect(before).toBe(0);
    expect(driver.collectUsed()).toEqual([
      { id: first, len: 1 },
      { id: second, len: 2 },
    ]);
  });
});

describe('interrupts', () => {
  /** Serves one chain; whether an interrupt is wanted for it. */
  function serveOne({ driver, queue }: ReturnType<typeof testQueue>): boolean {
    driver.add([READABLE]);
    queue.addUsed(queue.pop()!.head, 0);
    return queue.needsInterrupt();
  }

  it('are wanted only if something was given back', () => {
    const { driver, queue } = testQueue({ features: Features.none });
    driver.add([READABLE]);
    queue.pop();

    expect(queue.needsInterrupt()).toBe(false);
  });

  it('depend on the flag if event indices are not negotiated', () => {
    const rig = testQueue({ features: Features.none });
    rig.driver.usedEvent = 1000;

    const wanted = serveOne(rig);
    rig.driver.availFlags = VRING_AVAIL_F_NO_INTERRUPT;

    expect([wanted, serveOne(rig)]).toEqual([true, false]);
  });

  it('come when the event index is passed, whatever the flag says', () => {
    const rig = testQueue({ features: Features.eventIdx });
    rig.driver.availFlags = VRING_AVAIL_F_NO_INTERRUPT;
    rig.driver.usedEvent = 2;

    expect([1, 2, 3, 4].map(() => serveOne(rig))).toEqual([false, false, true, false]);
  });

  it('come once for many chains', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE], [READABLE], [READABLE]);
    [1, 2, 3].forEach(() => queue.addUsed(queue.pop()!.head, 0));

    expect([queue.needsInterrupt(), queue.needsInterrupt()]).toEqual([true, false]);
  });

  it('come when the event index is passed as the indices wrap', () => {
    const memory = testMemory();
    const { driver } = testQueue({ memory });
    const position = { avail: 0xffff, used: 0xffff };
    const options = { features: Features.eventIdx, position };
    const queue = new VirtQueue(memory, driver.config, options);
    driver.availIndex = 0xffff;
    driver.usedEvent = 0;

    expect([1, 2, 3].map(() => serveOne({ driver, queue }))).toEqual([false, true, false]);
  });
});

describe('notifications', () => {
  it('are switched by the flag if event indices are not negotiated', () => {
    const { driver, queue } = testQueue({ features: Features.none });

    queue.disableNotifications();
    const whileServing = driver.usedFlags;
    const more = queue.enableNotifications();

    expect([whileServing, driver.usedFlags, more]).toEqual([VRING_USED_F_NO_NOTIFY, 0, false]);
  });

  it('are asked for by the event index, and the flag stays 0', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE], [READABLE]);
    queue.disableNotifications();
    queue.pop();
    queue.pop();
    const before = driver.availEvent;
    queue.enableNotifications();

    expect([before, driver.availEvent, driver.usedFlags]).toEqual([0, 2, 0]);
  });

  it('are not asked for any more when the wish is taken back', () => {
    const { driver, queue } = testQueue();
    driver.add([READABLE], [READABLE]);
    queue.pop();
    queue.pop();
    queue.enableNotifications();
    queue.withdrawNotifications();

    expect([driver.availEvent, driver.usedFlags]).toEqual([1, 0]);
  });

  it('are not asked for any more by the flag if event indices are not negotiated', () => {
    const { driver, queue } = testQueue({ features: Features.none });
    queue.enableNotifications();
    queue.withdrawNotifications();

    expect(driver.usedFlags).toBe(VRING_USED_F_NO_NOTIFY);
  });

  it.each([Features.none, Features.eventIdx])(
    'do not miss what came meanwhile (%s)',
    (features) => {
      const { driver, queue } = testQueue({ features });
      queue.disableNotifications();
      driver.add([READABLE]);

      expect(queue.enableNotifications()).toBe(true);
    },
  );
});

describe('a queue that cannot be', () => {
  const { driver } = testQueue();
  const { memory, config } = driver;
  const end = HIGH_MEMORY + 33 * 1024 ** 2;

  it.each([
    ['no descriptors', { size: 0 }, 'a queue of 0 descriptors'],
    ['a size that is no power of two', { size: 12 }, 'a queue of 12 descriptors'],
    ['too many descriptors', { size: 65536 }, 'a queue of 65536 descriptors'],
    ['a descriptor table off its alignment', { desc: 0x8008 }, 'the descriptor table of 256 bytes'],
    ['an available ring off its alignment', { avail: 0x8001 }, 'the available ring of 38 bytes'],
    ['a used ring off its alignment', { used: 0x8002 }, 'the used ring of 134 bytes at 0x8002'],
    ['a table at the end of memory', { desc: end - 240 }, 'the descriptor table'],
    ['a ring in a hole', { avail: 1024 ** 2 - 36 }, 'the available ring of 38 bytes at 0xfffdc'],
    ['a ring where the addresses end', { used: 2 ** 53 - 4 }, 'the used ring'],
    ['a ring beyond precise numbers', { used: 2 ** 64 - 4096 }, 'the used ring'],
  ])('is refused: %s', (_, change, fault) => {
    const options = { features: Features.all };
    const make = () => new VirtQueue(memory, { ...config, ...change }, options);

    expect(make).toThrow(RangeError);
    expect(make).toThrow(fault);
  });

  it('may have rings that no single view of guest memory has', () => {
    const at = HIGH_MEMORY + 16 * 1024 ** 2;
    const across = { ...config, desc: at - 16, avail: at + 1024 - 2, used: at * 1 - 1024 };
    const queue = new VirtQueue(memory, across, { features: Features.all });
    memory.fill(at - 16, 256, 0);
    memory.writeU32(at + 8, 64);
    memory.writeU16(at + 1024 - 2 + 4, 1);
    memory.writeU16(at + 1024, 1);

    expect(queue.pop()?.readable.total).toBe(64);
  });
});
