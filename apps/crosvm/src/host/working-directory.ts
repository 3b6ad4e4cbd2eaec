import { isAbsolute } from 'node:path';

import type { RunConfig } from '../config';
import { UserError } from '../user-error';

let lost = false;

/**
 * Goes to `/` when the working directory has been removed: Node.js needs to know its path, also in
 * each thread. To be called before there are threads.
 */
export function leaveLostDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
    lost = true;
  }
}

/**
 * Checks that no file of a VM is named relative to a working directory that is no more.
 * @throws UserError that names the file
 */
export function checkPaths(
  { kernel, initrd, disks, serial, socket, metricsSocket }: RunConfig,
  isLost = lost,
): void {
  if (!isLost) {
    return;
  }
  const paths: readonly (readonly [string, string | undefined])[] = [
    ['kernel', kernel],
    ['initrd', initrd],
    ['control socket', socket],
    ['metrics socket', metricsSocket],
    ...disks.map(({ path }) => ['disk', path] as const),
    ...serial.map(({ num, path }) => [`file of serial port ${num}`, path] as const),
  ];
  const relative = paths.find(([, path]) => path !== undefined && !isAbsolute(path));
  if (relative !== undefined) {
    const [role, path] = relative;
    throw new UserError(`${role} '${path}' cannot be found: the working directory is gone`, {
      hint: 'go to a directory that exists, or give absolute paths',
    });
  }
}
