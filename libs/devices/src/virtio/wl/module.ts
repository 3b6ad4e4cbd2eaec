import { VIRTIO_ID_WL, VIRTIO_WL_F_TRANS_FLAGS } from '@crosvm/virtio-sys';

import type { DeviceModule } from '../backend';
import { featureMask } from '../features';
import { MAX_COPY_BYTES } from './adopt';
import { Wl } from './wl';
import type { WlConfig } from './wl-config';

/** As many as the device has had from the first; a driver fills the first queue with buffers of a page. */
const QUEUE_SIZE = 16;

/**
 * Wayland for guests. The descriptor: a socket at which the VMM serves requests about memory. Its
 * configuration is empty.
 */
export const wl: DeviceModule<WlConfig> = {
  name: 'wl',
  deviceType: VIRTIO_ID_WL,
  policy: 'wl_device',
  fileBytes: () => MAX_COPY_BYTES,
  binds: ({ sockets }) => sockets.map(({ source, path }) => ({ source, target: path })),
  queueMaxSizes: () => [QUEUE_SIZE, QUEUE_SIZE],
  features: () => featureMask(VIRTIO_WL_F_TRANS_FLAGS),
  configSpace: () => new Uint8Array(0),
  create: ({ sockets }, resources) => {
    const [requestFd] = resources.fds;
    if (requestFd === undefined) {
      throw new RangeError('Wayland without a socket for memory');
    }
    return new Wl(sockets, requestFd, resources);
  },
};
