import { constants } from 'node:fs';

import {
  fileKind,
  fileSize,
  lockFile,
  openFile,
  type OwnedFd,
  setNonblocking,
  SysError,
} from '@crosvm/sys-util';

import { DiskError } from './disk-error';

const ACCESS_ERRORS = ['EACCES', 'EPERM', 'EROFS', 'ETXTBSY'];

/**
 * Opens an image and locks it: for many readers, or for one writer.
 * @throws DiskError
 */
export function openAndLock(path: string, readOnly: boolean): OwnedFd {
  const image = openImage(path, readOnly);
  try {
    checkKind(image);
    lock(image, readOnly);
    return image;
  } catch (error) {
    image.close();
    throw error;
  }
}

function openImage(path: string, readOnly: boolean): OwnedFd {
  const { O_RDONLY, O_RDWR, O_EXCL, O_NONBLOCK, O_NOCTTY } = constants;
  // O_EXCL: nobody mounts a block device while it is written here, or it is mounted already. It means
  // nothing for a file.
  const access = readOnly ? O_RDONLY : O_RDWR | O_EXCL;
  try {
    // Not to wait for the other end of what turns out to be a pipe.
    return openFile(path, access | O_NONBLOCK | O_NOCTTY);
  } catch (cause) {
    throw openError(cause, readOnly);
  }
}

function openError(cause: unknown, readOnly: boolean): unknown {
  if (!(cause instanceof SysError)) {
    return cause;
  }
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DiskError('NOT_FOUND', 'does not exist', { cause });
    case 'EISDIR':
      return new DiskError('NOT_A_DISK', 'is a directory', { cause });
    case 'EBUSY':
      return new DiskError('LOCKED', 'is mounted, or another program uses it', { cause });
    case 'ENXIO':
      return new DiskError('NOT_A_DISK', 'is neither a file nor a block device', { cause });
  }
  const mayNotWrite = !readOnly && ACCESS_ERRORS.includes(cause.code);
  return mayNotWrite
    ? new DiskError('UNWRITABLE', 'cannot be written', { cause })
    : new DiskError('UNREADABLE', 'cannot be opened', { cause });
}

function checkKind(image: OwnedFd): void {
  const kind = fileKind(image.raw);
  if (kind !== 'file' && kind !== 'block device') {
    const what = kind === 'directory' ? 'a directory' : 'neither a file nor a block device';
    throw new DiskError('NOT_A_DISK', `is ${what}`);
  }
  setNonblocking(image.raw, false);
}

function lock(image: OwnedFd, readOnly: boolean): void {
  let isLocked: boolean;
  try {
    isLocked = lockFile(image.raw, readOnly ? 'shared' : 'exclusive');
  } catch (cause) {
    throw new DiskError('NO_LOCKS', 'cannot be locked against other VMs', { cause });
  }
  if (!isLocked) {
    const how = readOnly ? 'is being written by' : 'is in use by';
    throw new DiskError('LOCKED', `${how} another disk or another VM`);
  }
}

/**
 * Bytes of a file or of a block device.
 * @throws DiskError for what has no size
 */
export function sizeOf(image: OwnedFd): number {
  try {
    return fileSize(image.raw);
  } catch (cause) {
    // A file of /proc, say.
    throw new DiskError('NOT_A_DISK', 'has no size', { cause });
  }
}
