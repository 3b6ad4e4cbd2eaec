import { fstatSync, statSync } from 'node:fs';

import { DiskError, type DiskErrorCode, openDisk, type OpenDisk } from '@crosvm/devices';
import { SysError } from '@crosvm/sys-util';

import type { DiskSettings } from '../config';
import { UserError } from '../user-error';

/** What mends an image, as far as it can be. */
function repair({ path }: DiskSettings): string {
  return `to repair it, on a copy first: qemu-img check -r all '${path}'`;
}

/** How to say what an image stands on, or that it does not. */
function backingRemedy(message: string): string | undefined {
  if (message.endsWith('is not given')) {
    return 'name the file, if it is the right one: format=qcow2,backing=PATH';
  }
  if (message.endsWith('one is given')) {
    return 'leave backing away';
  }
  return message.startsWith('says')
    ? 'if that is true, add backing_format=qcow2; if not, qemu-img rebase -u -F changes what it says'
    : undefined;
}

/** What the user can do about a disk that cannot be used. */
type Remedy = (disk: DiskSettings, error: DiskError) => string | undefined;

const REMEDIES: Readonly<Record<DiskErrorCode, Remedy>> = {
  BAD_OPTIONS: () => undefined,
  NOT_FOUND: ({ path, readOnly }) =>
    readOnly
      ? 'check the path; a path with a comma goes into quotes of its own'
      : `to make an empty disk of 1 GiB: truncate -s 1G '${path}'`,
  NOT_A_DISK: ({ path }, { message }) =>
    message.includes('directory')
      ? `to make a disk of it: mkfs.ext4 -d '${path}' disk.img 1G`
      : 'give a raw image or a block device',
  UNREADABLE: ({ path }, { cause }) =>
    cause instanceof SysError && cause.code === 'EACCES'
      ? `who may read it is shown by: ls -lL '${path}'`
      : undefined,
  UNWRITABLE: ({ path }) =>
    `give it read-only, with --disk or --root; who may write it is shown by: ls -lL '${path}'`,
  EMPTY: ({ path }) => `to make it 1 GiB: truncate -s 1G '${path}'`,
  BAD_SIZE: ({ path, blockSize = 512 }) =>
    `to fill its last block up: truncate -s %${blockSize} '${path}'`,
  // With a cause it is a block device that the system itself has in use.
  LOCKED: (_, { cause }) =>
    cause === undefined
      ? 'end the VM that has it, or work on a copy; only a disk that nobody writes can be shared'
      : 'unmount it, or give it read-only, with --disk or --root',
  NO_LOCKS: () => 'copy it to a local file system',
  NOT_THIS_FORMAT: () => 'leave format=qcow2 away: images are raw then',
  UNSUPPORTED: ({ path }) =>
    `to make a plain copy of it: qemu-img convert -O qcow2 '${path}' copy.qcow2`,
  CORRUPT: repair,
  NEEDS_REPAIR: repair,
  BACKING: (_, { message }) => backingRemedy(message),
  IO: () => undefined,
  NO_DIRECT: () => 'leave o_direct away, or move the image to a file system that has it',
};

/**
 * Opens and locks all disks of a VM. The caller disposes of them.
 * @param queues queues of each disk
 * @throws UserError that names the disk and what is wrong with it; none is open then
 */
export function openDisks(disks: readonly DiskSettings[], queues: number): readonly OpenDisk[] {
  const opened: OpenDisk[] = [];
  try {
    for (const disk of disks) {
      opened.push(openOne(disk, queues, opened));
    }
  } catch (error) {
    opened.forEach((disk) => disk[Symbol.dispose]());
    throw error;
  }
  return opened;
}

function openOne(disk: DiskSettings, queues: number, others: readonly OpenDisk[]): OpenDisk {
  const name = `disk '${disk.path}'`;
  try {
    return openDisk(disk.path, { ...disk, queues });
  } catch (error) {
    if (!(error instanceof DiskError)) {
      throw error;
    }
    if (error.code === 'LOCKED' && others.some((other) => isSameFile(disk.path, other))) {
      throw new UserError(`${name} is given twice, and written`, {
        hint: 'give it once, or read-only (--disk or --root) each time',
      });
    }
    const hint = REMEDIES[error.code](disk, error);
    throw new UserError(`${name} ${error.message}`, {
      ...(hint !== undefined && { hint }),
      ...(error.cause !== undefined && { cause: error.cause }),
    });
  }
}

/** By whatever path: a link to an image is the image. */
function isSameFile(path: string, { fds: [image] }: OpenDisk): boolean {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  const other = image === undefined ? undefined : fstatSync(image.raw, { bigint: true });
  return file !== undefined && file.dev === other?.dev && file.ino === other.ino;
}
