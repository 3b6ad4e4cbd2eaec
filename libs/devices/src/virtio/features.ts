import {
  VIRTIO_F_RING_RESET,
  VIRTIO_RING_F_EVENT_IDX,
  VIRTIO_RING_F_INDIRECT_DESC,
} from '@crosvm/virtio-sys';

/** The mask of these feature bits, VIRTIO_*_F_*. */
export function featureMask(...bits: readonly number[]): bigint {
  return bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
}

/** Whether a feature is among `features`. */
export function hasFeature(features: bigint, bit: number): boolean {
  return ((features >> BigInt(bit)) & 1n) !== 0n;
}

/** What `VirtQueue` can do, to be offered for every device. */
export const QUEUE_FEATURES = featureMask(VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX);

/**
 * What every device is offered with: what queues can do, and their reset one by one.
 *
 * Not VIRTIO_F_ACCESS_PLATFORM: it is for devices that reach memory by other addresses than their driver
 * does, or not all of it (virtio 1.2, 6.2). There is no IOMMU here, so it would say nothing true, and cost a
 * Linux guest the way through its DMA API at each request. A module that needs it offers it itself;
 * a driver that does not accept it is then refused.
 */
export const COMMON_FEATURES = QUEUE_FEATURES | featureMask(VIRTIO_F_RING_RESET);
