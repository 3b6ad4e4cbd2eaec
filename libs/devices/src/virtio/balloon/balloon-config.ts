import {
  VIRTIO_BALLOON_F_DEFLATE_ON_OOM,
  VIRTIO_BALLOON_F_REPORTING,
  VIRTIO_BALLOON_F_STATS_VQ,
  virtio_balloon_config,
} from '@crosvm/virtio-sys';

import { featureMask, hasFeature } from '../features';

/** A balloon as its back end needs to know it: plain data, for another process. */
export interface BalloonConfig {
  /** Whether the guest reports memory that it frees, which is given back to the host. */
  readonly reporting: boolean;
}

/** Bytes of a page of the balloon, whatever pages host and guest have. */
export const BALLOON_PAGE_BYTES = 4096;

/** What a queue is for. */
export type QueueRole = 'inflate' | 'deflate' | 'statistics' | 'reporting';

/** Descriptors of each queue; Linux wants 32 of the one that reports. */
const QUEUE_SIZE = 128;

/** The number of pages that the guest gave is the driver's to write. Virtio 1.2, 5.5.4. */
export const BALLOON_CONFIG_WRITABLE = [
  { offset: virtio_balloon_config.offsetOf('actual'), length: 4 },
];

/** The features of a balloon. Virtio 1.2, 5.5.3. */
export function balloonFeatures({ reporting }: BalloonConfig): bigint {
  const always = featureMask(VIRTIO_BALLOON_F_STATS_VQ, VIRTIO_BALLOON_F_DEFLATE_ON_OOM);
  return always | (reporting ? featureMask(VIRTIO_BALLOON_F_REPORTING) : 0n);
}

/** The queues of a balloon: those that report have two numbers, see `queueRole`. */
export function balloonQueues({ reporting }: BalloonConfig): readonly number[] {
  return Array.from({ length: reporting ? 5 : 3 }, () => QUEUE_SIZE);
}

/**
 * What queue `index` is for, with what was negotiated. By virtio 1.2, 5.5.2 reporting has number 4, but
 * Linux and QEMU leave out the queues that they do not have.
 */
export function queueRole(index: number, features: bigint): QueueRole {
  if (index === 0) {
    return 'inflate';
  }
  if (index === 1) {
    return 'deflate';
  }
  return index === 2 && hasFeature(features, VIRTIO_BALLOON_F_STATS_VQ)
    ? 'statistics'
    : 'reporting';
}
