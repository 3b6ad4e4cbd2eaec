import type { DeviceModule } from './backend';
import { balloon } from './balloon/module';
import { block } from './block/module';
import { net } from './net/module';
import { netStream } from './net/stream/module';
import { rng } from './rng';
import { vhostNet } from './vhost/net-module';
import { vhostVsock } from './vhost/vsock';
import { wl } from './wl/module';

/** Every kind of virtio device there is: one line a kind. */
const VIRTIO_DEVICES: readonly DeviceModule<unknown>[] = [
  balloon,
  block,
  net,
  netStream,
  rng,
  vhostNet,
  vhostVsock,
  wl,
];

/**
 * The kind of devices that has this name.
 * @throws RangeError if there is none
 */
export function virtioModule(device: string): DeviceModule<unknown> {
  const module = VIRTIO_DEVICES.find(({ name }) => name === device);
  if (module === undefined) {
    throw new RangeError(`no virtio device is called '${device}'`);
  }
  return module;
}
