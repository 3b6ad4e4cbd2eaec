import { Iovecs } from '@crosvm/sys-util';
import { vring_desc } from '@crosvm/virtio-sys';

import { VirtQueue } from '../queue/virt-queue';
import { type ChainBuffer, MockDriver } from './mock-driver';
import { Features, HIGH_MEMORY, testMemory } from './test-queue';

const QUEUE_SIZE = 256;
/** Chains of three descriptors each that fit into the queue. */
const CHAINS = 64;
const HEADER_BYTES = 16;
const DATA_BYTES = 4096;

/** What serving many requests took. */
export interface QueueMeasurement {
  /** For all requests together. */
  readonly nanoseconds: number;
  /** What the heap grew by; means something only with `--expose-gc` and no collection meanwhile. */
  readonly bytes: number;
}

function readRequest(driver: MockDriver, index: number): ChainBuffer[] {
  return [
    { at: driver.allocate(HEADER_BYTES), length: HEADER_BYTES },
    // Above 4 GiB, where addresses are no small integers.
    { at: HIGH_MEMORY + index * DATA_BYTES, length: DATA_BYTES, writable: true },
    { at: driver.allocate(1), length: 1, writable: true },
  ];
}

/** Fills the available ring with requests, without making them available. */
function fillRing(driver: MockDriver, indirect: boolean): void {
  const heads = Array.from({ length: CHAINS }, (_, index) => {
    const request = readRequest(driver, index);
    return indirect
      ? driver.writeIndirect(driver.writeTable(request), request.length * vring_desc.size)
      : driver.writeChain(request);
  });
  for (let slot = 0; slot < QUEUE_SIZE; slot += CHAINS) {
    driver.publish(...heads);
  }
  driver.availIndex = 0;
}

/** Serves `count` requests, each like a read of 4 KiB from a disk but for the read itself. */
function serve(queue: VirtQueue, driver: MockDriver, count: number): number {
  const iovecs = new Iovecs(QUEUE_SIZE);
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  let interrupts = 0;
  for (let done = 0; done < count; done += CHAINS) {
    driver.availIndex = done + CHAINS;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const { readable, writable } = chain;
      readable.read(0, HEADER_BYTES, header);
      writable.select(0, writable.total - 1, iovecs);
      queue.addUsed(chain.head, iovecs.total + 1);
    }
    interrupts += queue.needsInterrupt() ? 1 : 0;
  }
  return interrupts;
}

/**
 * Measures the queue code alone: `count` requests of three descriptors, made available 64 at a time,
 * taken, turned into iovecs and given back.
 */
export function measureQueue(count: number, { indirect = false } = {}): QueueMeasurement {
  const driver = new MockDriver(testMemory(), { size: QUEUE_SIZE });
  fillRing(driver, indirect);
  const options = { features: Features.all };
  const warm = new VirtQueue(driver.memory, driver.config, options);
  serve(warm, driver, 200_000);
  driver.availIndex = 0;
  const queue = new VirtQueue(driver.memory, driver.config, options);

  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const from = process.hrtime.bigint();
  serve(queue, driver, count);
  const nanoseconds = Number(process.hrtime.bigint() - from);
  const bytes = process.memoryUsage().heapUsed - before;
  if (queue.broken !== undefined || driver.usedIndex !== (count & 0xffff)) {
    throw new Error(`${driver.usedIndex} used; ${queue.broken ?? 'not broken'}`);
  }
  return { nanoseconds, bytes };
}
