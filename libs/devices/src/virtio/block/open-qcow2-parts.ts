import { constants } from 'node:fs';

import { ImageError, inspectQcow2, type Qcow2Image } from '@crosvm/disk';
import { fileKind, openFile, type OwnedFd } from '@crosvm/sys-util';

import type { BackingConfig, DiskOptions, Qcow2Config } from './disk-config';
import { DiskError } from './disk-error';
import { openAndLock, sizeOf } from './image-access';

/** A qcow2 image that was looked through. */
interface Qcow2Parts {
  /** Bytes of the disk. */
  readonly bytes: number;
  readonly config: Qcow2Config;
}

/**
 * Looks through a qcow2 image before the guest starts, and opens what the disk takes besides: zeroes, and
 * what is under the image, if the user names it. A name in the image is compared with nothing and never
 * opened.
 * @param fds gets the descriptors as soon as they are open
 * @throws DiskError
 */
export function openQcow2Parts(
  image: OwnedFd,
  { readOnly, backing, backingFormat = 'raw' }: DiskOptions,
  fds: OwnedFd[],
): Qcow2Parts {
  const facts = inspect(image, readOnly);
  checkBacking(facts.backing, backing, backingFormat);
  fds.push(openFile('/dev/zero', constants.O_RDONLY));
  const { virtualBytes: bytes, clusterBytes, maxFileBytes, compressed } = facts;
  const config = { clusterBytes, maxFileBytes, compressed };
  if (backing === undefined) {
    return { bytes, config };
  }
  try {
    const under = openAndLock(backing, true);
    fds.push(under);
    return { bytes, config: { ...config, backing: backingOf(under, backingFormat) } };
  } catch (error) {
    if (!(error instanceof DiskError)) {
      throw error;
    }
    const { message, cause } = error;
    throw new DiskError('BACKING', `stands on '${backing}', which ${message}`, { cause });
  }
}

function inspect(image: OwnedFd, readOnly: boolean): Qcow2Image {
  if (fileKind(image.raw) !== 'file') {
    throw new DiskError('NOT_A_DISK', 'is no file, as qcow2 images are');
  }
  try {
    return inspectQcow2(image.raw, { readOnly });
  } catch (error) {
    if (!(error instanceof ImageError)) {
      throw error;
    }
    throw new DiskError(error.code, error.message, { cause: error.cause });
  }
}

/** Whether the image and the user agree that there is something under it, and what. */
function checkBacking(
  said: Qcow2Image['backing'],
  given: string | undefined,
  givenFormat: string,
): void {
  if (said === undefined && given !== undefined) {
    throw new DiskError('BACKING', 'stands on no other file, but one is given');
  }
  if (said !== undefined && given === undefined) {
    throw new DiskError('BACKING', `stands on ${printable(said.name)}, which is not given`);
  }
  if (said?.format !== undefined && said.format !== givenFormat) {
    const message = `says that what it stands on is ${printable(said.format)}, not ${givenFormat}`;
    throw new DiskError('BACKING', message);
  }
}

function backingOf(image: OwnedFd, format: string): BackingConfig {
  if (format === 'raw') {
    return { bytes: sizeOf(image) };
  }
  const { virtualBytes: bytes, maxFileBytes, compressed, backing } = inspect(image, true);
  if (backing !== undefined) {
    const message = `stands on ${printable(backing.name)}: one file under another is all there can be`;
    throw new DiskError('BACKING', message);
  }
  return { bytes, qcow2: { maxFileBytes, compressed } };
}

/** A text of the image, for messages: nothing in it moves the cursor. */
function printable(text: string): string {
  return `'${text.replace(/[^\x20-\x7e]/g, '?')}'`;
}
