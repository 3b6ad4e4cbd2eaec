import { fileKind, fileSize } from '@crosvm/sys-util';
import { VIRTIO_ID_BLOCK } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { Block, type FollowCapacity } from './block';
import { watchCapacity } from './capacity-watch';
import { blockConfigSpace, blockFeatures, QUEUE_SIZE } from './config-space';
import { createEngine } from './create-engine';
import { type DiskConfig, SECTOR_BYTES } from './disk-config';

/** The disk. Its descriptors: the image, and with `o_direct` the same once more; see `openDisk`. */
export const block: DeviceModule<DiskConfig> = {
  name: 'block',
  deviceType: VIRTIO_ID_BLOCK,
  policy: 'block_device',
  compiled: true,
  fileBytes: ({ sectors }) => sectors * SECTOR_BYTES,
  fileResizes: true,
  queueMaxSizes: ({ queues }) => Array.from({ length: queues }, () => QUEUE_SIZE),
  features: blockFeatures,
  configSpace: blockConfigSpace,
  create: (config, { fds, poller, configSpace, logger, counters }) => {
    const [image, direct] = fds;
    if (image === undefined) {
      throw new RangeError('a disk without an image');
    }
    const isBlockDevice = fileKind(image) === 'block device';
    const { sparse, queues } = config;
    const disk = { image, direct, sparse, isBlockDevice };
    // The size of a file is the host's affair: only what a block device has to offer may change.
    const follow: FollowCapacity = (resized) =>
      watchCapacity({ poller, sizeOf: () => fileSize(image) }, resized);
    const engine = createEngine(disk, { operations: queues * QUEUE_SIZE, poller, logger });
    const parts = { logger, configSpace, counters };
    return new Block(config, engine, { ...parts, ...(isBlockDevice && { follow }) });
  },
};
