import { type Backing, openQcow2, type Qcow2Disk, RawDisk } from '@crosvm/disk';

import type { BackingConfig, DiskConfig, Qcow2Config } from './disk-config';

/**
 * The disk in a qcow2 image, in its device host.
 * @param fds the image, `/dev/zero`, and what is under the image, as `openDisk` has them
 * @throws RangeError if there are too few; ImageError if the image cannot be read
 */
export function qcow2Disk(
  { sparse }: DiskConfig,
  { backing, ...facts }: Qcow2Config,
  [image, zero, under]: readonly number[],
): Qcow2Disk {
  if (image === undefined || zero === undefined) {
    throw new RangeError('a qcow2 disk without an image or zeroes');
  }
  const below = backing === undefined ? undefined : openBacking(backing, zero, under);
  return openQcow2({ image, zero, facts, sparse, backing: below });
}

function openBacking({ bytes, qcow2 }: BackingConfig, zero: number, image?: number): Backing {
  if (image === undefined) {
    throw new RangeError('a qcow2 disk without what is under it');
  }
  const disk =
    qcow2 === undefined
      ? new RawDisk({ image, sparse: false })
      : openQcow2({ image, zero, facts: qcow2, sparse: false });
  return { disk, bytes };
}
