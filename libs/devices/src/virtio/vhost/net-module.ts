import { VhostNet } from '@crosvm/vhost';
import { VIRTIO_ID_NET } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { netConfigSpace, netFeatures, netQueueSizes } from '../net/config-space';
import { Net } from '../net/net';
import type { NetConfig } from '../net/net-config';
import { TapDescriptors } from '../net/tap-control';
import { VhostPath } from './vhost-path';

/**
 * The network card whose frames the kernel moves. Its descriptors: those of a TAP interface, one a pair
 * of queues, then those of as many vhost-net devices; see `openNet`.
 */
export const vhostNet: DeviceModule<NetConfig> = {
  name: 'vhost_net',
  deviceType: VIRTIO_ID_NET,
  policy: 'vhost_net_device',
  queueMaxSizes: netQueueSizes,
  features: netFeatures,
  configSpace: netConfigSpace,
  create: (config, { fds, poller, logger }) => {
    const { pairs } = config;
    if (fds.length !== 2 * pairs) {
      throw new RangeError(`${pairs} pairs of queues with ${fds.length} descriptors`);
    }
    const devices = fds.slice(pairs).map((fd) => new VhostNet(fd));
    // The kernel makes its threads here, which a lock-down may forbid later.
    devices.forEach((device) => device.setOwner());
    const tap = new TapDescriptors(fds.slice(0, pairs), logger);
    return new Net(config, logger, () => new VhostPath({ tap, devices, poller, logger }));
  },
};
