import { VIRTIO_ID_BALLOON, virtio_balloon_config } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { Balloon } from './balloon';
import {
  BALLOON_CONFIG_WRITABLE,
  type BalloonConfig,
  balloonFeatures,
  balloonQueues,
} from './balloon-config';

/** The balloon. It needs no descriptors: what it gives back is guest memory. */
export const balloon: DeviceModule<BalloonConfig> = {
  name: 'balloon',
  deviceType: VIRTIO_ID_BALLOON,
  policy: 'balloon_device',
  queueMaxSizes: balloonQueues,
  features: balloonFeatures,
  configSpace: () => virtio_balloon_config.from({}),
  configWritable: BALLOON_CONFIG_WRITABLE,
  create: (_config, resources) => new Balloon(resources),
};
