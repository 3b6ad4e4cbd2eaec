import {
  VIRTIO_BLK_F_BLK_SIZE,
  VIRTIO_BLK_F_DISCARD,
  VIRTIO_BLK_F_FLUSH,
  VIRTIO_BLK_F_MQ,
  VIRTIO_BLK_F_RO,
  VIRTIO_BLK_F_SEG_MAX,
  VIRTIO_BLK_F_WRITE_ZEROES,
  virtio_blk_config,
} from '@crosvm/virtio-sys';

import { featureMask } from '../features';
import { type DiskConfig, SECTOR_BYTES } from './disk-config';

/** Descriptors of each queue. */
export const QUEUE_SIZE = 256;

/** Data buffers of a request: the queue's descriptors without those of header and status. */
const MAX_SEGMENTS = QUEUE_SIZE - 2;

/** Ranges of one discard. */
export const MAX_DISCARD_RANGES = 32;

/** Sectors of a range to discard: giving blocks back takes the host no time. */
export const MAX_DISCARD_SECTORS = 0x40_0000;

/**
 * Clusters of a qcow2 image in a range to discard: each is an entry of a table, and nothing else happens
 * meanwhile.
 */
const MAX_DISCARD_CLUSTERS = 0x8000;

/** Sectors of a range of this disk to discard. */
export function maxDiscardSectors({ qcow2 }: DiskConfig): number {
  return qcow2 === undefined
    ? MAX_DISCARD_SECTORS
    : Math.min(MAX_DISCARD_SECTORS, (MAX_DISCARD_CLUSTERS * qcow2.clusterBytes) / SECTOR_BYTES);
}

/** Ranges of one write zeroes. */
export const MAX_ZERO_RANGES = 1;

/**
 * Sectors of a range to zero, 16 MiB: where the host's file system has no way to do it at once, they
 * are written, and nothing else happens meanwhile.
 */
export const MAX_ZERO_SECTORS = 0x8000;

/** The features of a disk. Virtio 1.2, 5.2.3. */
export function blockFeatures({ readOnly, sparse, queues }: DiskConfig): bigint {
  const always = featureMask(VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_FLUSH);
  const many = queues > 1 ? featureMask(VIRTIO_BLK_F_MQ) : 0n;
  if (readOnly) {
    return always | many | featureMask(VIRTIO_BLK_F_RO);
  }
  const discard = sparse ? featureMask(VIRTIO_BLK_F_DISCARD) : 0n;
  return always | many | discard | featureMask(VIRTIO_BLK_F_WRITE_ZEROES);
}

/** The configuration of a disk as the guest sees it. Virtio 1.2, 5.2.4. */
export function blockConfigSpace(config: DiskConfig): Uint8Array {
  const { sectors, sparse, blockSize, queues, qcow2 } = config;
  return virtio_blk_config.from({
    capacity: sectors,
    seg_max: MAX_SEGMENTS,
    blk_size: blockSize,
    num_queues: queues,
    max_discard_sectors: maxDiscardSectors(config),
    max_discard_seg: MAX_DISCARD_RANGES,
    discard_sector_alignment: Math.max(blockSize, qcow2?.clusterBytes ?? 0) / SECTOR_BYTES,
    max_write_zeroes_sectors: MAX_ZERO_SECTORS,
    max_write_zeroes_seg: MAX_ZERO_RANGES,
    write_zeroes_may_unmap: sparse ? 1 : 0,
  });
}
