import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { userNamespaceRemedy } from '@crosvm/io-jail';

import type { Finding } from '../finding';

const WITHOUT = 'devices cannot be jailed; --disable-sandbox does without';

/** What comes with util-linux; the same namespaces that jails have. */
const PROBE = ['--user', '--pid', '--fork', '--mount', '--net', '--ipc', '--uts', '--cgroup'];

/** The actions of a filter that jails need. */
const ACTIONS_AVAILABLE = '/proc/sys/kernel/seccomp/actions_avail';
const NEEDED_ACTIONS = ['kill_process', 'errno', 'user_notif', 'allow'];

/** How a probe of namespaces went. */
export interface ProbeResult {
  readonly status: number | null;
  readonly stderr: string;
  readonly error?: Error;
}

/** Makes the namespaces of a jail, in a process that ends at once. */
function probeNamespaces(): ProbeResult {
  const { status, stderr, error } = spawnSync('unshare', [...PROBE, 'true'], { encoding: 'utf8' });
  return { status, stderr, ...(error !== undefined && { error }) };
}

/** Whether whoever asks may have user namespaces, and the others in them. */
export function checkNamespaces(probe = probeNamespaces, remedyOf = userNamespaceRemedy): Finding {
  const name = 'user-namespaces';
  const { status, stderr, error } = probe();
  const remedy = remedyOf();
  if (status === 0) {
    return { name, verdict: 'ok', detail: 'processes may have namespaces of their own' };
  }
  if (error !== undefined && remedy === undefined) {
    return {
      name,
      verdict: 'limited',
      detail: 'not known: unshare(1) cannot be run',
      without: 'devices may not be jailed',
      remedy: 'sudo apt install util-linux',
    };
  }
  return {
    name,
    verdict: 'failed',
    detail: stderr.trim().replace(/\s*\n\s*/g, ' ') || 'they are forbidden',
    without: WITHOUT,
    remedy:
      remedy?.replace(/^as root: /, 'sudo ') ??
      'let the container have user namespaces: docker run --security-opt seccomp=unconfined ...',
  };
}

/** Whether the kernel filters system calls as jails need it. */
export function checkSeccomp(path = ACTIONS_AVAILABLE): Finding {
  const name = 'seccomp';
  let available: readonly string[] = [];
  try {
    available = readFileSync(path, 'latin1').trim().split(' ');
  } catch {
    // A kernel without seccomp.
  }
  const missing = NEEDED_ACTIONS.filter((action) => !available.includes(action));
  return missing.length === 0
    ? { name, verdict: 'ok', detail: 'system calls can be filtered, and asked about' }
    : {
        name,
        verdict: 'failed',
        detail: `the kernel's filters lack ${missing.join(', ')}`,
        without: WITHOUT,
        remedy: 'run a kernel with CONFIG_SECCOMP_FILTER, 5.10 or later',
      };
}
