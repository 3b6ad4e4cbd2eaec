import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { buildSync } from 'esbuild';

const THREADS = 4;
const ROUNDS = 20_000;

/** `mutex.ts` as a CommonJS module's text: workers do not read TypeScript. */
function mutexModule(): string {
  const [file] = buildSync({
    entryPoints: [join(__dirname, 'mutex.ts')],
    format: 'cjs',
    write: false,
  }).outputFiles;
  return file?.text ?? '';
}

describe('SharedMutex', () => {
  it('keeps threads from one another, and loses no wake-up', async () => {
    // Word 0 is the mutex, 1 the counter, 2 says whether somebody is inside.
    const words = new Int32Array(new SharedArrayBuffer(12));
    const code = `${mutexModule()}
      const { workerData: words } = require('node:worker_threads');
      const mutex = new module.exports.SharedMutex(words, 0);
      for (let round = 0; round < ${ROUNDS}; round += 1) {
        if (round % 3 !== 0 || !mutex.tryLock()) mutex.lock();
        if (words[2] !== 0) throw new Error('not alone');
        words[2] = 1;
        words[1] += 1;
        words[2] = 0;
        mutex.unlock();
      }`;
    const exits = Array.from({ length: THREADS }, () =>
      once(new Worker(code, { eval: true, workerData: words }), 'exit'),
    );
    expect(await Promise.all(exits)).toEqual(Array(THREADS).fill([0]));
    expect([...words]).toEqual([0, THREADS * ROUNDS, 0]);
  });
});
