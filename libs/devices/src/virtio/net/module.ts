import { VIRTIO_ID_NET } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { netConfigSpace, netFeatures, netQueueSizes } from './config-space';
import { MAX_FRAME_BYTES } from './frame';
import { Net } from './net';
import type { NetConfig } from './net-config';
import { TapDescriptors } from './tap-control';
import { TapPath } from './tap-path';

/** The network card. Its descriptors: those of a TAP interface, one a pair of queues; see `openNet`. */
export const net: DeviceModule<NetConfig> = {
  name: 'net',
  deviceType: VIRTIO_ID_NET,
  policy: 'net_device',
  compiled: true,
  // What overflows goes into memory that is a file.
  fileBytes: () => MAX_FRAME_BYTES,
  queueMaxSizes: netQueueSizes,
  features: netFeatures,
  configSpace: netConfigSpace,
  create: (config, { fds, poller, logger, counters }) => {
    if (fds.length !== config.pairs) {
      throw new RangeError(`${config.pairs} pairs of queues with ${fds.length} descriptors`);
    }
    const tap = new TapDescriptors(fds, logger);
    const { mtu } = config;
    const parts = { tap, poller, logger, mtu, counters };
    return new Net(config, logger, (events) => new TapPath(parts, events));
  },
};
