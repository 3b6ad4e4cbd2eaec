import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { exitNow, OwnedFd } from '@crosvm/sys-util';

import type { HostThreadData, StartedHost } from './host-start';

/**
 * Starts a thread of this process that runs device back ends.
 * @param controlFd stays the caller's
 * @param custom whether it is for devices of the user's own, too
 */
export function startHostThread(controlFd: number, custom: boolean): StartedHost {
  const workerData: HostThreadData = { controlFd: OwnedFd.duplicate(controlFd).release() };
  const script = join(__dirname, custom ? 'custom-device-host.js' : 'device-host.js');
  const worker = new Worker(script, { name: 'device-host', workerData });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once('error', (error) => resolve(error));
    worker.once('exit', () => resolve(undefined));
  });
  return {
    pid: Promise.resolve(undefined),
    ended,
    // A thread cannot be ended while it is in a system call.
    kill: () => false,
    abandon: () => {
      worker.unref();
      // Node would wait for the thread.
      process.once('exit', (status) => exitNow(status));
    },
  };
}
