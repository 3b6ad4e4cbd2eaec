import type { RunConfig } from '../config';
import { checkBootFile } from './boot-file';
import { checkAffinity } from './check-affinity';
import { checkMemory } from './check-memory';
import { HOST_PATHS } from './host-paths';
import { checkPaths } from './working-directory';

/**
 * Checks what can be checked of a VM before anything of it is made: its files, memory and CPUs.
 * KVM itself is checked by `openKvm`.
 * @returns warnings, for the log
 * @throws UserError that names what is wrong
 */
export function checkHost(config: RunConfig, paths = HOST_PATHS): readonly string[] {
  checkPaths(config);
  checkBootFile('kernel', config.kernel);
  if (config.initrd !== undefined) {
    checkBootFile('initrd', config.initrd);
  }
  if (config.cpuAffinity !== undefined) {
    checkAffinity(config.cpuAffinity, paths.onlineCpus);
  }
  const warning = checkMemory(config.memory, paths.meminfo);
  return warning === undefined ? [] : [warning];
}
