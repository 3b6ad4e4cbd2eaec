import { constants } from 'node:fs';

import { openFile, type OwnedFd } from '@crosvm/sys-util';

import { type DiskConfig, type DiskOptions, diskOptionsFault, SECTOR_BYTES } from './disk-config';
import { DiskError } from './disk-error';
import { openAndLock, sizeOf } from './image-access';
import { openQcow2Parts } from './open-qcow2-parts';

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

/**
 * Opens an image or a block device as a disk, and locks it: for many readers, or for one writer.
 * The format is raw whatever the contents look like, if no other is asked for, so a guest that writes
 * another format's header to its disk gains nothing by it.
 * @throws DiskError
 */
export function openDisk(path: string, options: OpenDiskOptions): OpenDisk {
  const fault = diskOptionsFault(options);
  if (fault !== undefined) {
    throw new DiskError('BAD_OPTIONS', `cannot have this: ${fault}`);
  }
  const image = openAndLock(path, options.readOnly);
  const fds = [image];
  try {
    const { readOnly, sparse = true, blockSize = SECTOR_BYTES, id = '', queues = 1 } = options;
    const qcow2 = options.format === 'qcow2' ? openQcow2Parts(image, options, fds) : undefined;
    const sectors = sectorsOf(qcow2?.bytes ?? sizeOf(image), blockSize);
    if (options.direct === true) {
      fds.push(openDirect(image, readOnly));
    }
    const raw = { sectors, readOnly, sparse, blockSize, id, queues };
    const config = qcow2 === undefined ? raw : { ...raw, qcow2: qcow2.config };
    return { config, fds, [Symbol.dispose]: () => fds.forEach((fd) => fd.close()) };
  } catch (error) {
    fds.forEach((fd) => fd.close());
    throw error;
  }
}

function sectorsOf(bytes: number, blockSize: number): number {
  if (bytes === 0) {
    throw new DiskError('EMPTY', 'is empty');
  }
  if (bytes % blockSize !== 0) {
    const message = `has ${bytes} bytes, which is no multiple of its blocks of ${blockSize} bytes`;
    throw new DiskError('BAD_SIZE', message);
  }
  return bytes / SECTOR_BYTES;
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
