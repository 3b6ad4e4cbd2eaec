import { VIRTIO_ID_NET } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../../backend';
import { netConfigSpace, netFeatures, netQueueSizes } from '../config-space';
import { Net } from '../net';
import type { NetConfig } from '../net-config';
import { CUT_FRAME_BYTES } from './cut-frame';
import { StreamPath } from './stream-path';

/**
 * The network card whose frames go to a program, such as passt. Its descriptors: two of one stream socket;
 * see `openStreamNet`.
 */
export const netStream: DeviceModule<NetConfig> = {
  name: 'net_stream',
  deviceType: VIRTIO_ID_NET,
  policy: 'net_stream_device',
  compiled: true,
  // The rest of a frame that is cut by a reset goes into memory that is a file.
  fileBytes: () => CUT_FRAME_BYTES,
  queueMaxSizes: netQueueSizes,
  features: netFeatures,
  configSpace: netConfigSpace,
  create: (config, { fds, poller, logger, counters }) => {
    const [readFd, writeFd] = fds;
    if (config.pairs !== 1 || readFd === undefined || writeFd === undefined) {
      throw new RangeError(`${config.pairs} pairs of queues over a stream`);
    }
    const parts = { readFd, writeFd, poller, logger, counters };
    return new Net(config, logger, (events) => new StreamPath(parts, events));
  },
};
