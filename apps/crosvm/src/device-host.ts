/* The thread of all device hosts with --disable-sandbox. */

import { workerData } from 'node:worker_threads';

import { OwnedFd } from '@crosvm/sys-util';

import { DeviceHost } from './vm/device-host';
import type { HostThreadData } from './vm/host-start';

using host = new DeviceHost(OwnedFd.adopt((workerData as HostThreadData).controlFd));
host.run();
