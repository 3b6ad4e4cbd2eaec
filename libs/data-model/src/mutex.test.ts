import { Worker } from 'node:worker_threads';

import { SharedMutex } from './mutex';

const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));

describe('SharedMutex', () => {
  it('is taken once', () => {
    const mutex = new SharedMutex(words(), 0);
    expect(mutex.tryLock()).toBe(true);
    expect(mutex.tryLock()).toBe(false);
    mutex.unlock();
    expect(mutex.tryLock()).toBe(true);
  });

  it('makes another thread wait until it is given back', async () => {
    const shared = words();
    const mutex = new SharedMutex(shared, 0);
    mutex.lock();
    // The other thread speaks the same protocol: state 2 while it waits, then word 1 is set.
    const worker = new Worker(
      `const { workerData: w } = require('node:worker_threads');
       while (Atomics.exchange(w, 0, 2) !== 0) Atomics.wait(w, 0, 2);
       Atomics.store(w, 1, 1);`,
      { eval: true, workerData: shared },
    );
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    while (Atomics.load(shared, 0) !== 2) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(Atomics.load(shared, 1)).toBe(0);
    mutex.unlock();
    await ended;
    expect(Atomics.load(shared, 1)).toBe(1);
  });

  it('refuses misuse', () => {
    expect(() => new SharedMutex(new Int32Array(1), 0)).toThrow('shared memory');
    expect(() => new SharedMutex(words(), 2)).toThrow(RangeError);
    expect(() => new SharedMutex(words(), 0).unlock()).toThrow('not locked');
  });
});
