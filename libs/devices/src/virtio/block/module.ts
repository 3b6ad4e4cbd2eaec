import { fileKind, fileSize } from '@crosvm/sys-util';
import { VIRTIO_ID_BLOCK } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { Block, type FollowCapacity } from './block';
import { SynchronousEngine } from './block-engine';
import { watchCapacity } from './capacity-watch';
import { blockConfigSpace, blockFeatures, QUEUE_SIZE } from './config-space';
import type { DiskConfig } from './disk-config';
import { RawDisk } from './raw-disk';

/** The disk. Its descriptors: the image, and with `o_direct` the same once more; see `openDisk`. */
export const block: DeviceModule<DiskConfig> = {
  name: 'block',
  deviceType: VIRTIO_ID_BLOCK,
  policy: 'block_device',
  queueMaxSizes: ({ queues }) => Array.from({ length: queues }, () => QUEUE_SIZE),
  features: blockFeatures,
  configSpace: blockConfigSpace,
  create: (config, { fds, poller, logger }) => {
    const [image, direct] = fds;
    if (image === undefined) {
      throw new RangeError('a disk without an image');
    }
    const isBlockDevice = fileKind(image) === 'block device';
    const disk = new RawDisk({ image, direct, sparse: config.sparse, isBlockDevice });
    // The size of a file is the host's affair: only what a block device has to offer may change.
    const follow: FollowCapacity = (resized) =>
      watchCapacity({ poller, sizeOf: () => fileSize(image) }, resized);
    return new Block(config, new SynchronousEngine(disk), {
      logger,
      ...(isBlockDevice && { follow }),
    });
  },
};
