import { accessSync, constants, type Stats, statSync } from 'node:fs';

import { UserError } from '../user-error';

/** What looks at files; tests put their own in its place. */
export interface FileSystem {
  stat(path: string): Stats;
  /** Throws if the file may not be read. */
  checkReadable(path: string): void;
}

const HOST_FILES: FileSystem = {
  stat: (path) => statSync(path),
  checkReadable: (path) => accessSync(path, constants.R_OK),
};

/**
 * Checks that a file that is to be booted is a regular file that can be read and has content.
 * @param role what the file is for: `kernel`, `initrd`
 * @throws UserError that names the file and what is wrong with it
 */
export function checkBootFile(role: string, path: string, files = HOST_FILES): void {
  const name = `${role} '${path}'`;
  const stats = lookUp(name, () => files.stat(path));
  if (stats.isDirectory()) {
    throw new UserError(`${name} is a directory`);
  }
  if (!stats.isFile()) {
    throw new UserError(`${name} is ${kindOf(stats)}, not a file`, {
      hint: 'copy its content into a file first',
    });
  }
  lookUp(name, () => files.checkReadable(path));
  if (stats.size === 0) {
    throw new UserError(`${name} is empty`);
  }
}

function lookUp<Result>(name: string, look: () => Result): Result {
  try {
    return look();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new UserError(`${name} does not exist`);
    }
    throw new UserError(`${name} cannot be read`, { cause });
  }
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) {
    return 'a pipe';
  }
  if (stats.isSocket()) {
    return 'a socket';
  }
  return 'a device';
}
