import { fileKind, fileSize } from '@crosvm/sys-util';
import { VIRTIO_ID_BLOCK } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { Block, type FollowCapacity } from './block';
import { watchCapacity } from './capacity-watch';
import { SynchronousEngine } from './block-engine';
import { blockConfigSpace, blockFeatures, QUEUE_SIZE } from './config-space';
import { createEngine } from './create-engine';
import { type DiskConfig, SECTOR_BYTES } from './disk-config';
import { qcow2Disk } from './qcow2-disk';

/**
 * The disk. Its descriptors: the image, and with `o_direct` the same once more; of a qcow2 image
 * `/dev/zero` and what is under it; see `openDisk`.
 */
export const block: DeviceModule<DiskConfig> = {
  name: 'block',
  deviceType: VIRTIO_ID_BLOCK,
  policy: 'block_device',
  compiled: true,
  fileBytes: ({ sectors, qcow2 }) => qcow2?.maxFileBytes ?? sectors * SECTOR_BYTES,
  fileResizes: true,
  queueMaxSizes: ({ queues }) => Array.from({ length: queues }, () => QUEUE_SIZE),
  features: blockFeatures,
  configSpace: blockConfigSpace,
  create: (config, { fds, poller, configSpace, logger, counters }) => {
    const [image, direct] = fds;
    if (image === undefined) {
      throw new RangeError('a disk without an image');
    }
    const parts = { logger, configSpace, counters };
    if (config.qcow2 !== undefined) {
      return new Block(config, new SynchronousEngine(qcow2Disk(config, config.qcow2, fds)), parts);
    }
    const isBlockDevice = fileKind(image) === 'block device';
    const { sparse, queues } = config;
    const disk = { image, direct, sparse, isBlockDevice };
    // The size of a file is the host's affair: only what a block device has to offer may change.
    const follow: FollowCapacity = (resized) =>
      watchCapacity({ poller, sizeOf: () => fileSize(image) }, resized);
    const engine = createEngine(disk, { operations: queues * QUEUE_SIZE, poller, logger });
    return new Block(config, engine, { ...parts, ...(isBlockDevice && { follow }) });
  },
};
