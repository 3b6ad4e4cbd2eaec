import {
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_RING_F_EVENT_IDX,
  VIRTIO_RING_F_INDIRECT_DESC,
} from '@crosvm/virtio-sys';

import { featureMask } from '../features';

/** Features of queues, which the kernel is told of. Others that it knows are not offered to drivers. */
const QUEUES = featureMask(
  VIRTIO_F_VERSION_1,
  VIRTIO_RING_F_INDIRECT_DESC,
  VIRTIO_RING_F_EVENT_IDX,
);

/** What of the negotiated features vhost-net is told of: the others are the TAP interface's. */
export const VHOST_NET_FEATURES = QUEUES | featureMask(VIRTIO_NET_F_MRG_RXBUF);

/** What of the negotiated features vhost-vsock is told of, without those of sockets. */
export const VHOST_VSOCK_FEATURES = QUEUES;
