import { workerData } from 'node:worker_threads';

import { OwnedFd } from '@crosvm/sys-util';

import { DeviceHost } from './device-host';
import type { HostThreadData } from './host-start';

/** The life of a thread that runs back ends. */
export function runHostThread(): void {
  using host = new DeviceHost(OwnedFd.adopt((workerData as HostThreadData).controlFd));
  host.run();
}
