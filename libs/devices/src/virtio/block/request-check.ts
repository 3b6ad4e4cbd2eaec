import {
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_S_UNSUPP,
  VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
} from '@crosvm/virtio-sys';

import { SECTOR_BYTES } from './disk-config';
import type { RangeList } from './range-list';

/** Whether `count` sectors from `sector` on are inside the disk. Nothing is added up, so nothing wraps. */
function fitsOnDisk(sector: number, count: number, diskSectors: number): boolean {
  return sector <= diskSectors && count <= diskSectors - sector;
}

/** Whether `bytes` are whole sectors inside the disk. Virtio 1.2, 5.2.6.1. */
export function isOnDisk(sector: number, bytes: number, diskSectors: number): boolean {
  return bytes % SECTOR_BYTES === 0 && fitsOnDisk(sector, bytes / SECTOR_BYTES, diskSectors);
}

/** What ranges may be like. */
export interface RangeLimits {
  /** Sectors of the disk. */
  readonly diskSectors: number;
  /** Sectors of one range. */
  readonly rangeSectors: number;
  /** Flags that there are. */
  readonly flags: number;
}

/** The flags of write zeroes; discards have none. Virtio 1.2, 5.2.6.2. */
export const ZERO_FLAGS = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;

/** Checks all ranges, before anything is done: VIRTIO_BLK_S_OK, or with what status to refuse. */
export function rangesStatus(ranges: RangeList, limits: RangeLimits): number {
  for (let index = 0; index < ranges.count; index += 1) {
    // Virtio 1.2, 5.2.6.2: unknown flags are UNSUPP.
    if ((ranges.flagsOf(index) & ~limits.flags) !== 0) {
      return VIRTIO_BLK_S_UNSUPP;
    }
  }
  for (let index = 0; index < ranges.count; index += 1) {
    const sectors = ranges.sectorsOf(index);
    const fits = fitsOnDisk(ranges.sectorOf(index), sectors, limits.diskSectors);
    if (!fits || sectors > limits.rangeSectors) {
      return VIRTIO_BLK_S_IOERR;
    }
  }
  return VIRTIO_BLK_S_OK;
}
