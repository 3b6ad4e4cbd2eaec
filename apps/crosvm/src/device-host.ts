/*
 * The host of virtio devices' back ends: a process, or a thread of the VMM with --disable-sandbox. All it
 * is given when it starts is one end of a socket pair, by which everything else comes.
 */

import { isMainThread, workerData } from 'node:worker_threads';

import { dieWithParent, OwnedFd } from '@crosvm/sys-util';

import { DeviceHost } from './vm/device-host';
import { CONTROL_FD, type HostThreadData } from './vm/host-start';

/** What ends the VMM ends us, but in order: it tells us. */
const IGNORED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

if (isMainThread) {
  dieWithParent();
  IGNORED_SIGNALS.forEach((signal) => process.on(signal, () => undefined));
}
const control = isMainThread ? CONTROL_FD : (workerData as HostThreadData).controlFd;
using host = new DeviceHost(OwnedFd.adopt(control));
const isSound = host.run();
if (isMainThread) {
  process.exit(isSound ? 0 : 1);
}
