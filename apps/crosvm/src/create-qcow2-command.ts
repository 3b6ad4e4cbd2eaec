import { constants, fsyncSync, ftruncateSync, unlinkSync, writeFileSync } from 'node:fs';

import { openDisk, DiskError } from '@crosvm/devices';
import { createQcow2, ImageError } from '@crosvm/disk';
import { openFile, SysError } from '@crosvm/sys-util';

import type { Command } from './cli/command';
import { UserError } from './user-error';

const SECTOR_BYTES = 512;

type CreateCommand = Command & { kind: 'create-qcow2' };

/**
 * `crosvm create_qcow2`: makes an image, whole or not at all, and returns the exit status.
 * @throws UserError if it cannot be made, or there is such a file already
 */
export function createQcow2Command({ path, bytes, backing }: CreateCommand): number {
  const backingBytes = backing === undefined ? 0 : sizeOfBacking(backing);
  const virtualBytes = bytes ?? backingBytes;
  if (virtualBytes === 0) {
    throw new UserError(`a disk as large as '${backing?.path ?? ''}' would be empty`, {
      hint: 'say how large it is to be, behind the path of the image',
    });
  }
  const under = backing && { name: backing.path, format: backing.format };
  try {
    writeImage(path, createQcow2({ virtualBytes, backing: under }));
  } catch (error) {
    throw imageError(path, error);
  }
  return 0;
}

/** Bytes of the disk that is to be under the image; it has to be one that can be. */
function sizeOfBacking({ path, format }: NonNullable<CreateCommand['backing']>): number {
  try {
    using disk = openDisk(path, { readOnly: true, format });
    return disk.config.sectors * SECTOR_BYTES;
  } catch (error) {
    if (!(error instanceof DiskError)) {
      throw error;
    }
    throw new UserError(`backing file '${path}' ${error.message}`, {
      ...(error.cause !== undefined && { cause: error.cause }),
      ...(error.code === 'NOT_THIS_FORMAT' && {
        hint: 'leave --backing_format away for a raw image',
      }),
    });
  }
}

/** Nothing that exists is written over, and nothing is left behind when there is no room. */
function writeImage(path: string, { bytes, fileBytes }: ReturnType<typeof createQcow2>): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  using fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL);
  try {
    writeFileSync(fd.raw, bytes);
    ftruncateSync(fd.raw, fileBytes);
    fsyncSync(fd.raw);
  } catch (cause) {
    unlinkSync(path);
    throw new UserError(`image '${path}' cannot be written`, { cause });
  }
}

function imageError(path: string, error: unknown): unknown {
  if (error instanceof ImageError) {
    return new UserError(`image '${path}' ${error.message}`);
  }
  if (!(error instanceof SysError)) {
    return error;
  }
  return error.code === 'EEXIST'
    ? new UserError(`'${path}' exists already`, { hint: 'remove it first, or choose another name' })
    : new UserError(`image '${path}' cannot be made`, { cause: error });
}
