import { release } from 'node:os';

import { checkPlatform, type Platform } from '../../host/check-platform';
import { errorFinding } from '../error-finding';
import type { Finding } from '../finding';

/** Oldest Linux with what jails need (SECCOMP_ADDFD, close_range): major and minor version. */
const OLDEST_LINUX: readonly [number, number] = [5, 10];

/** Whether this Node.js runs crosvm, on a machine that it knows. */
export function checkNode(platform: Platform = process): Finding {
  const name = 'node';
  try {
    checkPlatform(platform);
  } catch (error) {
    return errorFinding(name, error, { verdict: 'failed', without: 'crosvm does not start' });
  }
  return { name, verdict: 'ok', detail: `Node.js ${platform.versions.node} on ${platform.arch}` };
}

/** Whether the kernel has what jails need. */
export function checkKernel(version = release()): Finding {
  const name = 'kernel';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_LINUX;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  return isOld
    ? {
        name,
        verdict: 'failed',
        detail: `Linux ${version}`,
        without: `devices are not jailed before Linux ${OLDEST_LINUX.join('.')}; --disable-sandbox does without`,
        remedy: 'sudo apt full-upgrade && sudo reboot',
      }
    : { name, verdict: 'ok', detail: `Linux ${version}` };
}
