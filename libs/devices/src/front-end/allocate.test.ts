import { Worker } from 'node:worker_threads';

import { acpiPm } from '../acpi-pm/front-end';
import { MmioBus } from '../bus/mmio-bus';
import { PortBus } from '../bus/port-bus';
import { serial } from '../serial/front-end';
import { bundleScript } from '../testing/bundle';
import { FakeHost } from '../testing/fake-host';
import {
  allocateFrontEnds,
  areaOf,
  attachFrontEnds,
  createFrontEnds,
  type FrontEndSet,
  request,
} from './allocate';
import { FRONT_ENDS } from './registry';

const com1 = request(serial, { base: 0x3f8, irqFd: 4 });
const com2 = request(serial, { base: 0x2f8, irqFd: 3 });
const pm = request(acpiPm, { base: 0x600, resetPort: 0xcf9, irqFd: 9 });

/** The buses of one vCPU thread. */
function busesOf(set: FrontEndSet): PortBus {
  const ports = new PortBus();
  const frontEnds = createFrontEnds(set, FRONT_ENDS, new FakeHost());
  attachFrontEnds(frontEnds, { ports, mmio: new MmioBus() });
  return ports;
}

describe('front ends', () => {
  it('get cache lines of their own in one buffer, powered on', () => {
    const set = allocateFrontEnds([com1, pm, com2]);
    expect(set.placements.map(({ module, offset }) => [module, offset % 64])).toEqual([
      ['serial', 0],
      ['acpi-pm', 0],
      ['serial', 0],
    ]);
    expect(new Set(set.placements.map(({ offset }) => offset)).size).toBe(3);
    expect(busesOf(set).load(0x604, 2)).toBe(1);
  });

  it('share their state between the instances of two threads', () => {
    const set = allocateFrontEnds([com1, com2]);
    const [first, second] = [busesOf(set), busesOf(set)];
    first.store(0x3ff, 1, 0x5a);
    expect([second.load(0x3ff, 1), second.load(0x2ff, 1)]).toEqual([0x5a, 0]);
  });

  it('are refused when two want the same port, or nobody knows them', () => {
    expect(() => busesOf(allocateFrontEnds([com1, com1]))).toThrow('port 0x3f8 is taken');
    const set = allocateFrontEnds([com1]);
    expect(() => createFrontEnds(set, [], new FakeHost())).toThrow(
      "no front end is called 'serial'",
    );
    expect(() => areaOf(set, 1)).toThrow('device 1 of 1');
  });

  it('take turns when several threads use them at once', async () => {
    // A 2-byte access is two registers under one lock: LCR and MCR are written together, and so must be
    // read together.
    using script = bundleScript(`
      import { parentPort, workerData } from 'node:worker_threads';
      import { createFrontEnds, FRONT_ENDS } from './index';
      const host = {
        power: {}, now: Date.now, mapPage: () => new Uint8Array(0),
        interrupt: () => ({ raise: () => undefined }), doorbell: () => ({ ring: () => undefined }),
      };
      const { device } = createFrontEnds(workerData.set, FRONT_ENDS, host)[0].ports[0];
      let torn = 0;
      for (let count = 0; count < 100_000; count += 1) {
        device.write(3, 2, workerData.value);
        const seen = device.read(3, 2);
        torn += (seen & 0xff) === seen >> 8 ? 0 : 1;
      }
      parentPort.postMessage(torn);
    `);
    const set = allocateFrontEnds([com1]);
    const run = (value: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const worker = new Worker(script.path, { workerData: { set, value } });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    expect(await Promise.all([run(0x0101), run(0x0202)])).toEqual([0, 0]);
  });
});
