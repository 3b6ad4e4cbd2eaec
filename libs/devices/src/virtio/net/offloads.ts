import {
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_TSO_ECN,
  TUN_F_UFO,
  TUN_F_USO4,
  TUN_F_USO6,
} from '@crosvm/net-sys';
import {
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_TSO6,
  VIRTIO_NET_F_GUEST_UFO,
  VIRTIO_NET_F_GUEST_USO4,
  VIRTIO_NET_F_GUEST_USO6,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_TSO6,
  VIRTIO_NET_F_HOST_UFO,
  VIRTIO_NET_F_HOST_USO,
} from '@crosvm/virtio-sys';

import { featureMask, hasFeature } from '../features';

/** What a driver takes, and what of a TAP interface it is. */
const GUEST_OFFLOADS: readonly (readonly [feature: number, offload: number])[] = [
  [VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM],
  [VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4],
  [VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6],
  [VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN],
  [VIRTIO_NET_F_GUEST_UFO, TUN_F_UFO],
  [VIRTIO_NET_F_GUEST_USO4, TUN_F_USO4],
  [VIRTIO_NET_F_GUEST_USO6, TUN_F_USO6],
];

/** What a device takes, and what a TAP interface that takes it knows. */
const HOST_OFFLOADS: readonly (readonly [feature: number, offload: number])[] = [
  [VIRTIO_NET_F_HOST_TSO4, TUN_F_TSO4],
  [VIRTIO_NET_F_HOST_TSO6, TUN_F_TSO6],
  [VIRTIO_NET_F_HOST_ECN, TUN_F_TSO_ECN],
  [VIRTIO_NET_F_HOST_UFO, TUN_F_UFO],
  [VIRTIO_NET_F_HOST_USO, TUN_F_USO4],
];

/** Features that a driver says what it takes by, VIRTIO_NET_F_GUEST_*. */
export const GUEST_OFFLOAD_FEATURES = featureMask(...GUEST_OFFLOADS.map(([feature]) => feature));

/** The features that can be offered for a TAP interface that knows these offloads, TUN_F_*. */
export function offloadFeatures(offload: number): bigint {
  return [...GUEST_OFFLOADS, ...HOST_OFFLOADS]
    .filter(([, needed]) => (offload & needed) !== 0)
    .reduce((mask, [feature]) => mask | featureMask(feature), 0n);
}

/**
 * What a TAP interface may send to a driver with these features: TUN_F_*. Virtio 1.2, 5.1.3.1:
 * nothing without checksums, ECN only with TCP. Linux knows USO of both kinds or of none.
 */
export function tapOffload(features: bigint): number {
  if (!hasFeature(features, VIRTIO_NET_F_GUEST_CSUM)) {
    return 0;
  }
  const all = GUEST_OFFLOADS.filter(([feature]) => hasFeature(features, feature)).reduce(
    (mask, [, offload]) => mask | offload,
    0,
  );
  const hasTso = (all & (TUN_F_TSO4 | TUN_F_TSO6)) !== 0;
  const hasUso = (all & TUN_F_USO4) !== 0 && (all & TUN_F_USO6) !== 0;
  return all & ~(hasTso ? 0 : TUN_F_TSO_ECN) & ~(hasUso ? 0 : TUN_F_USO4 | TUN_F_USO6);
}
