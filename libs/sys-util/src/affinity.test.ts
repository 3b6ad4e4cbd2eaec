import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { getAffinity, gettid, setAffinity } from './index';
import { bundleScript } from './testing/bundle';

/** What the kernel says of a thread of this process. */
function allowed(tid: number): string | undefined {
  const status = readFileSync(`/proc/self/task/${tid}/status`, 'utf8');
  return /^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1];
}

describe('affinity', () => {
  const everywhere = getAffinity();
  const last = everywhere.at(-1)!;

  afterEach(() => setAffinity(everywhere));

  it('pins the calling thread', () => {
    setAffinity([last]);
    expect(getAffinity()).toEqual([last]);
    expect(allowed(gettid())).toBe(`${last}`);
  });

  it('ignores CPUs that do not exist beside those that do', () => {
    setAffinity([last, 1023]);
    expect(getAffinity()).toEqual([last]);
  });

  it('pins a worker without its process', async () => {
    using script = bundleScript(`
      import { parentPort } from 'node:worker_threads';
      import { gettid, setAffinity } from './index';
      setAffinity([${last}]);
      parentPort.postMessage(gettid());
      setInterval(() => undefined, 1000);
    `);
    const worker = new Worker(script.path);
    const [tid] = (await once(worker, 'message')) as [number];
    expect(allowed(tid)).toBe(`${last}`);
    expect(getAffinity()).toEqual(everywhere);
    await worker.terminate();
  });

  it.each([[[]], [[1023]]])('refuses %p, where nothing could run', (cpus) => {
    expect(() => setAffinity(cpus)).toThrow('EINVAL');
  });

  it.each([-1, 0.5, 1024])('refuses %p as a CPU', (cpu) => {
    expect(() => setAffinity([cpu])).toThrow(RangeError);
  });
});
