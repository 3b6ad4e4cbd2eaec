import {
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_CTRL_GUEST_OFFLOADS,
  VIRTIO_NET_F_CTRL_MAC_ADDR,
  VIRTIO_NET_F_CTRL_RX,
  VIRTIO_NET_F_CTRL_VLAN,
  VIRTIO_NET_F_CTRL_VQ,
  VIRTIO_NET_F_GUEST_ANNOUNCE,
  VIRTIO_NET_F_MAC,
  VIRTIO_NET_F_MQ,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_NET_F_MTU,
  VIRTIO_NET_F_STATUS,
  VIRTIO_NET_S_LINK_UP,
  virtio_net_config,
} from '@crosvm/virtio-sys';

import { featureMask, hasFeature } from '../features';
import { type NetConfig, QUEUE_SIZE, receiveQueue } from './net-config';
import { offloadFeatures } from './offloads';

/** Bytes of the configuration that the features of this device are about. */
const CONFIG_BYTES = virtio_net_config.offsetOf('speed');

const ALWAYS = featureMask(
  VIRTIO_NET_F_MAC,
  VIRTIO_NET_F_STATUS,
  VIRTIO_NET_F_CTRL_VQ,
  VIRTIO_NET_F_CTRL_RX,
  VIRTIO_NET_F_CTRL_VLAN,
  VIRTIO_NET_F_CTRL_MAC_ADDR,
  VIRTIO_NET_F_CTRL_GUEST_OFFLOADS,
  VIRTIO_NET_F_GUEST_ANNOUNCE,
);

/** The features of a network card. Virtio 1.2, 5.1.3. */
export function netFeatures(config: NetConfig): bigint {
  const { pairs, mtu, offload, openChecksums = true, mergeable = true } = config;
  const checksums = openChecksums ? featureMask(VIRTIO_NET_F_CSUM) : 0n;
  const merge = mergeable ? featureMask(VIRTIO_NET_F_MRG_RXBUF) : 0n;
  const many = pairs > 1 ? featureMask(VIRTIO_NET_F_MQ) : 0n;
  const sized = mtu === undefined ? 0n : featureMask(VIRTIO_NET_F_MTU);
  return ALWAYS | checksums | merge | many | sized | offloadFeatures(offload);
}

/** The configuration of a network card as the guest sees it. Virtio 1.2, 5.1.4. */
export function netConfigSpace({ mac, pairs, mtu = 0 }: NetConfig): Uint8Array {
  const config = virtio_net_config.from({
    mac: Uint8Array.from(mac),
    status: VIRTIO_NET_S_LINK_UP,
    max_virtqueue_pairs: pairs,
    mtu,
  });
  return config.subarray(0, CONFIG_BYTES);
}

/** The queues: pairs for receiving and sending, and the control queue. Virtio 1.2, 5.1.2. */
export function netQueueSizes({ pairs }: NetConfig): readonly number[] {
  return Array.from({ length: 2 * pairs + 1 }, () => QUEUE_SIZE);
}

/**
 * The number of the control queue: behind those of all pairs, or, for a driver that knows of no more
 * than one, behind that. Virtio 1.2, 5.1.2.
 */
export function controlQueue({ pairs }: NetConfig, features: bigint): number {
  return receiveQueue(hasFeature(features, VIRTIO_NET_F_MQ) ? pairs : 1);
}
