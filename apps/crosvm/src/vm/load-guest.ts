import { closeSync, openSync } from 'node:fs';

import { type GuestMemory } from '@crosvm/sys-util';
import {
  fileSource,
  type ImageSource,
  KernelCommandLine,
  KernelError,
  type LoadedInitrd,
  type LoadedKernel,
  loadInitrd,
  loadKernel,
} from '@crosvm/kernel-loader';

import type { RunConfig } from '../config';
import { guestDiskName } from '../guest-disk-name';
import { UserError } from '../user-error';

/** Everything that the kernel is given, in guest memory or about to be. */
export interface LoadedGuest {
  readonly kernel: LoadedKernel;
  readonly initrd: LoadedInitrd | undefined;
  readonly commandLine: string;
}

/** Gives errors about an image the name of the file that they speak of. */
function named<Result>(subject: string, load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    if (error instanceof KernelError) {
      const { cause } = error;
      throw new UserError(`${subject} ${error.message}`, cause === undefined ? {} : { cause });
    }
    throw error;
  }
}

function withFile<Result>(path: string, use: (source: ImageSource) => Result): Result {
  const fd = openSync(path, 'r');
  try {
    return use(fileSource(fd));
  } finally {
    closeSync(fd);
  }
}

/**
 * The kernel command line: what the devices need first, then the user's own, which therefore win.
 * `panic=-1` makes a guest that panicked reset at once, and `reboot=k` tells it how: by the i8042.
 */
export function kernelCommandLine({ serial, disks, root, params }: RunConfig): string {
  const line = new KernelCommandLine();
  const console = serial.find((port) => port.console);
  if (console !== undefined) {
    line.insert('console', `ttyS${console.num - 1}`);
  }
  line.insert('reboot', 'k').insert('panic', '-1');
  const rootDisk = root === undefined ? undefined : disks[root];
  if (root !== undefined && rootDisk !== undefined) {
    line.insert('root', `/dev/${guestDiskName(root)}`).insertStr(rootDisk.readOnly ? 'ro' : 'rw');
  }
  params.forEach((text) => line.insertStr(text));
  return line.toString();
}

/**
 * Loads kernel and initrd into guest memory and makes the command line.
 * @throws UserError naming the file and what is wrong with it
 */
export function loadGuest(memory: GuestMemory, config: RunConfig): LoadedGuest {
  const line = named('the kernel command line', () => kernelCommandLine(config));
  const kernel = named(`kernel '${config.kernel}'`, () =>
    withFile(config.kernel, (source) => loadKernel(memory, source)),
  );
  const { initrd: path } = config;
  const initrd =
    path === undefined
      ? undefined
      : named(`initrd '${path}'`, () =>
          withFile(path, (source) => loadInitrd(memory, source, kernel)),
        );
  return { kernel, initrd, commandLine: line };
}
