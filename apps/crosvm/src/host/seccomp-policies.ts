import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { currentArch } from '@crosvm/syscall-defines';

import { UserError } from '../user-error';

/** Where a system keeps its own policies for crosvm. */
const SYSTEM_DIRECTORY = '/usr/share/policy/crosvm';

/** What `--seccomp-policy-dir` is called. */
const OPTION = '--seccomp-policy-dir';

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The seccomp policies of device hosts: one directory of them. */
export class SeccompPolicies {
  readonly #directory: string;

  /**
   * @param chosen the directory that the user names; else the system's, or those that come with crosvm
   * @throws UserError if that is no directory
   */
  constructor(chosen: string | undefined, system = SYSTEM_DIRECTORY) {
    if (chosen !== undefined && !isDirectory(chosen)) {
      throw new UserError(`${OPTION}: '${chosen}' is no directory`);
    }
    const own = join(__dirname, 'seccomp', currentArch());
    // Policies are read by a process whose working directory is another.
    this.#directory = resolve(chosen ?? (isDirectory(system) ? system : own));
  }

  /**
   * The file of a policy.
   * @param name such as `block_device`
   * @param device who needs it, for the error
   * @throws UserError if there is none, or it is no file
   */
  file(name: string, device: string): string {
    const path = join(this.#directory, `${name}.policy`);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isFile()) {
      throw new UserError(`the seccomp policy for ${device} is no regular file: '${path}'`);
    }
    if (stat === undefined) {
      throw new UserError(`there is no seccomp policy for ${device}: '${path}'`, {
        hint: `name a directory that has all policies by ${OPTION}; crosvm comes with its own, which are used without it unless there is ${SYSTEM_DIRECTORY}`,
      });
    }
    return path;
  }
}
