import { Errno, type LogRecord, PollLoop, sinkLogger } from '@crosvm/sys-util';
import type * as sysUtil from '@crosvm/sys-util';

import { DeviceCounters } from '../metrics/device-counters';
import { FakeConfigSpace } from '../testing/fake-config-space';
import type { ActivationContext } from './backend';
import { rng } from './rng';
import { HIGH_MEMORY, testQueue } from './testing/test-queue';

/** What the host does instead of giving entropy. */
const refusals: number[] = [];

jest.mock('@crosvm/sys-util', () => {
  const actual = jest.requireActual<typeof sysUtil>('@crosvm/sys-util');
  return {
    ...actual,
    // As the kernel may: no more than 256 bytes at a time are sure.
    getrandomRaw: (address: number, length: number) =>
      refusals.shift() ?? actual.getrandomRaw(address, Math.min(length, 300)),
  };
});

/** An entropy device with a driver of its queue. */
function rig() {
  const { driver, queue } = testQueue();
  const log: LogRecord[] = [];
  const logger = sinkLogger({ write: (record) => log.push(record) });
  const configSpace = new FakeConfigSpace();
  const counters = DeviceCounters.unread();
  const poller = new PollLoop();
  const device = rng.create(undefined, { fds: [], logger, configSpace, poller, counters });
  const context: ActivationContext = {
    memory: driver.memory,
    queues: [queue],
    features: 0n,
    interrupt: () => undefined,
    serve: () => undefined,
    handOver: () => undefined,
    fail: () => undefined,
    updateConfig: () => undefined,
  };
  device.activate(context);
  return { driver, queue, log, device, counters };
}

/** How many different bytes there are: many, if they are random. */
function variety(bytes: Uint8Array): number {
  return new Set(bytes).size;
}

describe('the entropy device', () => {
  it('counts the bytes that it gave, and requests that got none', () => {
    const { driver, device, counters } = rig();
    driver.add([{ at: 0x4100, length: 1000, writable: true }]);
    driver.add([{ at: 0x4100, length: 8 }]);

    device.handleQueue(0);

    expect(counters.read()).toMatchObject({ toGuestBytes: 1000, errors: 1 });
  });

  it('fills all that the chain has to write to, and nothing else', () => {
    const { driver, device } = rig();
    driver.memory.fill(0x4000, 0x2000, 0);
    const [head] = driver.add([
      { at: 0x4100, length: 1000, writable: true },
      { at: 0x5000, length: 64, writable: true },
    ]);

    expect(device.handleQueue(0)).toBe(false);

    expect(driver.collectUsed()).toEqual([{ id: head, len: 1064 }]);
    expect(variety(driver.memory.read(0x4100, 1000))).toBeGreaterThan(200);
    expect(variety(driver.memory.read(0x5000, 64))).toBeGreaterThan(30);
    const around = [...driver.memory.read(0x4000, 0x100), ...driver.memory.read(0x44e8, 0x100)];
    expect(new Set(around)).toEqual(new Set([0]));
  });

  it('gives no more than 64 KiB a request, however often the same buffer is named', () => {
    // Overlapping buffers ask for more than they have room for: Firecracker 5762.
    const { driver, device } = rig();
    const buffer = { at: HIGH_MEMORY, length: 32 * 1024 ** 2, writable: true };
    driver.add(Array.from({ length: 16 }, () => buffer));

    device.handleQueue(0);

    expect(driver.collectUsed()[0]?.len).toBe(64 * 1024);
  });

  it('gives back what has nothing to write to', () => {
    const { driver, device, log } = rig();
    driver.add([{ at: 0x4000, length: 16 }]);

    device.handleQueue(0);

    expect(driver.collectUsed()).toEqual([{ id: 0, len: 0 }]);
    expect(log).toHaveLength(1);
  });

  it('tries again after a signal, and says how much there was when the host fails', () => {
    const { driver, device } = rig();
    driver.add([{ at: 0x4000, length: 1000, writable: true }]);
    refusals.push(-Errno.EINTR);
    device.handleQueue(0);
    const whole = driver.collectUsed();
    driver.add([
      { at: 0x4000, length: 1000, writable: true },
      { at: 0x5000, length: 1000, writable: true },
    ]);
    refusals.push(undefined as unknown as number, -Errno.ENOSYS);
    device.handleQueue(0);

    expect(whole[0]?.len).toBe(1000);
    expect(driver.collectUsed()[0]?.len).toBe(300);
  });

  it('does nothing after a reset', () => {
    const { driver, device } = rig();
    driver.add([{ at: 0x4000, length: 16, writable: true }]);
    device.reset();

    expect(device.handleQueue(0)).toBe(false);
    expect(driver.usedIndex).toBe(0);
  });

  it('has one queue and no configuration', () => {
    expect(rng.queueMaxSizes()).toEqual([256]);
    expect([rng.features(), rng.configSpace().length]).toEqual([0n, 0]);
  });
});
