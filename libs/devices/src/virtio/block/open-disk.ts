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

import { type DiskConfig, type DiskOptions, diskOptionsFault, SECTOR_BYTES } from './disk-config';

/** What is wrong with a disk. Stable: callers may branch on it. */
export type DiskErrorCode =
  /** Options that no disk can have. */
  | 'BAD_OPTIONS'
  | 'NOT_FOUND'
  /** A directory, a pipe, a terminal: neither a file nor a block device. */
  | 'NOT_A_DISK'
  /** It may not be opened as asked; the system's error is the `cause`. */
  | 'UNREADABLE'
  | 'UNWRITABLE'
  | 'EMPTY'
  /** Its size is not a whole number of blocks. */
  | 'BAD_SIZE'
  /** Somebody else has it open in a way that does not go with this one. */
  | 'LOCKED'
  /** Its file system knows no locks. */
  | 'NO_LOCKS'
  /** Its file system cannot go past the page cache. */
  | 'NO_DIRECT';

/**
 * A disk that cannot be used. The message continues a sentence that begins with the name of the file:
 * "disk 'root.img'" + " " + "does not exist".
 */
export class DiskError extends Error {
  override readonly name = 'DiskError';

  constructor(
    readonly code: DiskErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An image that is open and locked, for the `block` module. */
export interface OpenDisk extends Disposable {
  readonly config: DiskConfig;
  /** The descriptors in the order in which `block` wants them. The lock ends with the first. */
  readonly fds: readonly OwnedFd[];
}

/** How to open a disk. */
export interface OpenDiskOptions extends DiskOptions {
  /** Queues; default 1. */
  readonly queues?: number;
}

const ACCESS_ERRORS = ['EACCES', 'EPERM', 'EROFS', 'ETXTBSY'];

/**
 * Opens a raw image or a block device as a disk, and locks it: for many readers, or for one writer.
 * The format is raw whatever the contents look like, so a guest that writes another format's header
 * to its disk gains nothing by it.
 * @throws DiskError
 */
export function openDisk(path: string, options: OpenDiskOptions): OpenDisk {
  const fault = diskOptionsFault(options);
  if (fault !== undefined) {
    throw new DiskError('BAD_OPTIONS', `cannot have this: ${fault}`);
  }
  const image = openImage(path, options.readOnly);
  const fds = [image];
  try {
    checkKind(image);
    lock(image, options.readOnly);
    const { readOnly, sparse = true, blockSize = SECTOR_BYTES, id = '', queues = 1 } = options;
    const sectors = sectorsOf(image, blockSize);
    if (options.direct === true) {
      fds.push(openDirect(image, readOnly));
    }
    const config = { sectors, readOnly, sparse, blockSize, id, queues };
    return { config, fds, [Symbol.dispose]: () => fds.forEach((fd) => fd.close()) };
  } catch (error) {
    fds.forEach((fd) => fd.close());
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

function sectorsOf(image: OwnedFd, blockSize: number): number {
  const bytes = sizeOf(image);
  if (bytes === 0) {
    throw new DiskError('EMPTY', 'is empty');
  }
  if (bytes % blockSize !== 0) {
    const message = `has ${bytes} bytes, which is no multiple of its blocks of ${blockSize} bytes`;
    throw new DiskError('BAD_SIZE', message);
  }
  return bytes / SECTOR_BYTES;
}

function sizeOf(image: OwnedFd): number {
  try {
    return fileSize(image.raw);
  } catch (cause) {
    // A file of /proc, say.
    throw new DiskError('NOT_A_DISK', 'has no size', { cause });
  }
}

/** The same file again: by descriptor, so that it is the same whatever happened to the path. */
function openDirect(image: OwnedFd, readOnly: boolean): OwnedFd {
  const { O_RDONLY, O_RDWR, O_DIRECT } = constants;
  try {
    return openFile(`/proc/self/fd/${image.raw}`, (readOnly ? O_RDONLY : O_RDWR) | O_DIRECT);
  } catch (cause) {
    throw new DiskError('NO_DIRECT', 'cannot be used with o_direct', { cause });
  }
}
