import { type BigIntStats, constants, fstatSync, ftruncateSync, statSync } from 'node:fs';

import type { OpenDisk } from '@crosvm/devices';
import { openFile, type OwnedFd, SysError } from '@crosvm/sys-util';

import type { RunConfig, SerialConfig } from '../config';
import { guestDiskName } from '../guest-disk-name';
import { UserError } from '../user-error';

/** The files that serial ports write to. */
export interface SerialFiles extends Disposable {
  /**
   * The descriptor for a port of type `file`, undefined for others. Pipes and terminals are
   * non-blocking.
   */
  fdOf(num: number): number | undefined;
  /** Empties the regular files. Not before all that the VM is made of is sound. */
  truncate(): void;
}

/** Whose content a file is: that of a regular file, or of the block device behind a node. */
function contentOf(file: BigIntStats): string | undefined {
  if (file.isFile()) {
    return `file ${file.dev}:${file.ino}`;
  }
  return file.isBlockDevice() ? `device ${file.rdev}` : undefined;
}

/** What the VM reads and keeps, by its content: its serial ports must not write there. */
function inputsOf(
  { kernel, initrd }: RunConfig,
  disks: readonly OpenDisk[],
): Map<string | undefined, string> {
  const byPath = (path: string): string | undefined => {
    const file = statSync(path, { bigint: true, throwIfNoEntry: false });
    return file === undefined ? undefined : contentOf(file);
  };
  return new Map([
    ...disks.map(({ fds: [image] }, index): [string | undefined, string] => [
      image === undefined ? undefined : contentOf(fstatSync(image.raw, { bigint: true })),
      `disk ${guestDiskName(index)}`,
    ]),
    [initrd === undefined ? undefined : byPath(initrd), 'the initrd'],
    [byPath(kernel), 'the kernel'],
  ]);
}

function nameOf({ num, path = '' }: SerialConfig): string {
  return `file of serial port ${num}, '${path}',`;
}

/** ENXIO is what a pipe without a reader answers, and a socket. */
function openError(name: string, path: string, cause: unknown): unknown {
  if (!(cause instanceof SysError)) {
    return cause;
  }
  const stats = cause.code === 'ENXIO' ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (stats?.isFIFO() === true) {
    return new UserError(`the ${name} is a pipe that nobody reads`, {
      hint: `start its reader first, such as: cat '${path}'`,
    });
  }
  if (stats?.isSocket() === true) {
    return new UserError(`the ${name} is a socket`, { hint: 'give a file, a pipe or a terminal' });
  }
  return new UserError(`the ${name} cannot be opened`, { cause });
}

/**
 * Opens a file without changing it. Never waits: neither for the reader of a pipe nor for the carrier
 * of a terminal, which does not become ours either. The flag may stay, for the sink waits by itself.
 */
function open(port: SerialConfig): OwnedFd {
  const { path = '' } = port;
  const { O_WRONLY, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openFile(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY);
  } catch (cause) {
    throw openError(nameOf(port), path, cause);
  }
}

/**
 * Opens the files of serial ports, and sees to it that none is a file that the VM itself needs, by
 * whatever path, or another port's.
 * @throws UserError that names the port; no descriptor is left then
 */
export function openSerialFiles(config: RunConfig, disks: readonly OpenDisk[]): SerialFiles {
  const files = new Map<number, OwnedFd>();
  const close = (): void => files.forEach((file) => file.close());
  try {
    const taken = inputsOf(config, disks);
    for (const port of config.serial.filter(({ type }) => type === 'file')) {
      const file = open(port);
      files.set(port.num, file);
      const content = contentOf(fstatSync(file.raw, { bigint: true }));
      const user = content === undefined ? undefined : taken.get(content);
      if (user !== undefined) {
        throw new UserError(`the ${nameOf(port)} is ${user}, too`, {
          hint: 'give each serial port a file of its own',
        });
      }
      taken.set(content, `that of serial port ${port.num}`);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    fdOf: (num) => files.get(num)?.raw,
    truncate: () => {
      const raws = [...files.values()].map(({ raw }) => raw);
      raws.filter((raw) => fstatSync(raw).isFile()).forEach((raw) => ftruncateSync(raw));
    },
    [Symbol.dispose]: close,
  };
}
