import { Worker } from 'node:worker_threads';

import { bundleScript } from '../../testing/bundle';
import {
  Features,
  HIGH_MEMORY,
  hostRanges,
  outsideOf,
  testMemory,
  testQueue,
} from '../testing/test-queue';
import { serveQueue } from './serve-queue';
import { VirtQueue } from './virt-queue';

const TABLE = 0x8000;
/** Chains to be served, and queues to be broken, at least. */
const ENOUGH = 1000;

/** A guest's other CPU: it scribbles over tables and rings, with values that mean something. */
const SCRIBBLER = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { GuestMemory, OwnedFd } from '@crosvm/sys-util';

  const { fd, layout, config, table, stop } = workerData;
  const memory = GuestMemory.attach(OwnedFd.adopt(fd), layout);
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const addresses = [0x4000n, ${HIGH_MEMORY}n, 0xfffffn, BigInt(table), 2n ** 64n - 16n];
  parentPort.postMessage('ready');
  while (Atomics.load(stop, 0) === 0) {
    const at = pick([config.desc, table]) + 16 * Math.floor(Math.random() * config.size);
    memory.writeU64(at, pick(addresses));
    memory.writeU32(at + 8, pick([1, 16, 4096, 32, 64, 0xffffffff]));
    memory.writeU16(at + 12, pick([0, 0, 1, 2, 3, 4]));
    memory.writeU16(at + 14, Math.floor(Math.random() * config.size));
  }
  parentPort.close();
`;

describe('a ring that another thread writes to', () => {
  it('never makes a buffer outside of guest memory', async () => {
    using script = bundleScript(SCRIBBLER);
    const memory = testMemory();
    const { driver } = testQueue({ memory });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const workerData = {
      fd: memory.fd.dup().release(),
      layout: memory.layout,
      config: driver.config,
      table: TABLE,
      stop,
    };
    const worker = new Worker(script.path, { workerData });
    await new Promise((resolve) => worker.once('message', resolve));
    const outside: unknown[] = [];
    let served = 0;
    let broken = 0;
    while (served < ENOUGH || broken < ENOUGH) {
      driver.availIndex = 0;
      const queue = new VirtQueue(memory, driver.config, { features: Features.all });
      driver.publish(0, 1, 2, 3, 4, 5, 6, 7);
      serveQueue(queue, {
        serve: ({ head, readable, writable }) => {
          outside.push(...outsideOf(memory, [...hostRanges(readable), ...hostRanges(writable)]));
          queue.addUsed(head, writable.total);
          served += 1;
        },
      });
      broken += queue.broken === undefined ? 0 : 1;
    }
    Atomics.store(stop, 0, 1);

    expect(outside).toEqual([]);
    await new Promise((resolve) => worker.once('exit', resolve));
  }, 60_000);
});
