import { SysError } from '@crosvm/sys-util';

import { ImageError } from '../image-error';
import { RawDisk } from '../raw-disk';
import { imageFile, type Qcow2Image, readHeader } from './inspect-qcow2';
import { Qcow2Disk } from './qcow2-disk';
import type { Backing } from './run-reader';

/** How to open an image that was looked through. Descriptors stay the caller's. */
export interface OpenQcow2Options {
  /** The file, open for reading, and for writing if it is to be written. */
  readonly image: number;
  /** Open on `/dev/zero`. */
  readonly zero: number;
  /** What `inspectQcow2` said of it. */
  readonly facts: Pick<Qcow2Image, 'maxFileBytes' | 'compressed'>;
  /** What is not needed is given back to the host. */
  readonly sparse: boolean;
  /** What is under it; the disk's from now on. */
  readonly backing?: Backing | undefined;
}

/**
 * Opens an image as a disk.
 * @throws ImageError
 */
export function openQcow2({ image, zero, facts, sparse, backing }: OpenQcow2Options): Qcow2Disk {
  const file = imageFile(image, sparse);
  const header = readHeader(file);
  const zeroes = new RawDisk({ image: zero, sparse: false });
  const { maxFileBytes, compressed } = facts;
  const disk = new Qcow2Disk({
    header,
    file,
    zeroes,
    backing,
    maxFileBytes,
    compressed,
    sparse,
  });
  const result = disk.load();
  if (result < 0) {
    throw new ImageError('IO', 'cannot be read', { cause: new SysError('preadv', -result) });
  }
  return disk;
}
