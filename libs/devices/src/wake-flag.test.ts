import { Worker } from 'node:worker_threads';

import { bundleScript } from './testing/bundle';
import { WakeFlag } from './wake-flag';

describe('WakeFlag', () => {
  it('is taken once for each time it was raised', () => {
    const flag = new WakeFlag(new Int32Array(new SharedArrayBuffer(8)), 1);
    expect(flag.take()).toBe(false);
    flag.raise();
    flag.raise();
    expect([flag.raised, flag.take(), flag.take(), flag.raised]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('can be lowered by who raised it', () => {
    const flag = new WakeFlag(new Int32Array(new SharedArrayBuffer(4)), 0);
    flag.raise();
    flag.lower();
    expect(flag.take()).toBe(false);
  });

  it('loses no wake-up between two threads that send each other to sleep all the time', async () => {
    // Words: 0 and 1 the ring's positions, 2 and 3 the flags, 4 and 5 counters to sleep on. Both sides
    // sleep as soon as they can do nothing, the consumer on an empty ring, the producer on a full one.
    using script = bundleScript(`
      import { parentPort, workerData } from 'node:worker_threads';
      import { ByteRing } from './byte-ring';
      import { WakeFlag } from './wake-flag';
      const { buffer, producer, total } = workerData;
      const words = new Int32Array(buffer);
      const ring = new ByteRing(new Uint8Array(buffer), { head: 0, tail: 4, data: 64, size: 4 });
      const [mine, theirs] = producer ? [2, 3] : [3, 2];
      const wanted = new WakeFlag(words, mine);
      const waiting = new WakeFlag(words, theirs);
      const ready = () => (producer ? ring.free : ring.used) > 0;
      const move = (count) => {
        if (producer) ring.push(count & 0xff);
        else if (ring.pop() !== (count & 0xff)) throw new Error('byte ' + count + ' is wrong');
      };
      let sleeps = 0;
      for (let count = 0; count < total; ) {
        if (ready()) {
          move(count++);
          if (waiting.take()) {
            Atomics.add(words, theirs + 2, 1);
            Atomics.notify(words, theirs + 2);
          }
          continue;
        }
        const seen = Atomics.load(words, mine + 2);
        wanted.raise();
        if (ready()) {
          wanted.lower();
        } else {
          sleeps += 1;
          if (Atomics.wait(words, mine + 2, seen, 10_000) === 'timed-out') {
            throw new Error('a wake-up was lost after ' + count + ' bytes');
          }
        }
      }
      parentPort.postMessage(sleeps);
    `);
    const buffer = new SharedArrayBuffer(128);
    const run = (producer: boolean): Promise<number> =>
      new Promise((resolve, reject) => {
        const workerData = { buffer, producer, total: 100_000 };
        const worker = new Worker(script.path, { workerData });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    const sleeps = await Promise.all([run(true), run(false)]);
    expect(Math.min(...sleeps)).toBeGreaterThan(100);
  }, 60_000);
});
