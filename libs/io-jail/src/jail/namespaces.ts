import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

import { check, Errno, SysError } from '@crosvm/sys-util';

import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../abi';
import { libc } from '../sys/libc';
import { inPart, JailError } from './jail-error';

/** Kinds of namespaces, under the names that they have in /proc/PID/ns. */
export const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup'] as const;

/** A kind of namespaces. */
export type Namespace = (typeof NAMESPACES)[number];

const CLONE_FLAGS: Readonly<Record<Namespace, number>> = {
  user: CLONE_NEWUSER,
  pid: CLONE_NEWPID,
  mnt: CLONE_NEWNS,
  net: CLONE_NEWNET,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
  cgroup: CLONE_NEWCGROUP,
};

/** A user and a group. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** Settings that keep users from having user namespaces, and what is to be done about it. */
const RESTRICTIONS: readonly (readonly [setting: string, forbids: string, remedy: string])[] = [
  ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl kernel.unprivileged_userns_clone=1'],
  ...NAMESPACES.map(
    (kind) =>
      [
        `/proc/sys/user/max_${kind}_namespaces`,
        '0',
        `sysctl user.max_${kind}_namespaces=10000`,
      ] as const,
  ),
  [
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    'sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  ],
];

/** What keeps this machine from giving us user namespaces, as a remedy to be run as root. */
export function userNamespaceRemedy(): string | undefined {
  const found = RESTRICTIONS.find(
    ([setting, forbids]) => existsSync(setting) && readFileSync(setting, 'utf8').trim() === forbids,
  );
  return found && `as root: ${found[2]}`;
}

function newNamespacesError(cause: unknown): JailError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const hint =
    cause instanceof SysError && cause.errno === Errno.EINVAL
      ? 'the kernel must have user, pid, mount, net, ipc, uts and cgroup namespaces'
      : (userNamespaceRemedy() ??
        'a container or a security module may forbid it: user namespaces must be allowed');
  return new JailError(`new namespaces: ${text}`, hint);
}

/** How many more user namespaces there may be in the one that this is asked in. */
const MORE_USER_NAMESPACES = '/proc/sys/user/max_user_namespaces';

/**
 * Sees to it that nobody in this user namespace makes one of his own, in which he would have all
 * capabilities. Where the setting cannot be changed (containers have it read-only) only filters of
 * system calls do that.
 */
function forbidUserNamespaces(): void {
  try {
    writeFileSync(MORE_USER_NAMESPACES, '0');
  } catch {
    // It is one wall more where it can be had.
  }
}

/**
 * Enters new namespaces, and has the first child enter the new pid namespace. This process is its own
 * user and group there, under other numbers, and there are no others.
 * @param inside what the ids of this process are called there
 * @throws JailError if they are not to be had
 */
export function enterNamespaces(kinds: readonly Namespace[], inside: Ids): void {
  const outside: Ids = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const flags = kinds.reduce((all, kind) => all | CLONE_FLAGS[kind], 0);
  try {
    check('unshare', libc.unshare(flags));
  } catch (cause) {
    throw newNamespacesError(cause);
  }
  if (kinds.includes('user')) {
    inPart(
      'the ids of the user namespace',
      () => {
        // Without it an ordinary user could leave groups that are there to deny him something.
        writeFileSync('/proc/self/setgroups', 'deny');
        writeFileSync('/proc/self/uid_map', `${inside.uid} ${outside.uid} 1`);
        writeFileSync('/proc/self/gid_map', `${inside.gid} ${outside.gid} 1`);
      },
      userNamespaceRemedy,
    );
    forbidUserNamespaces();
  }
}

/** Which namespaces this process is in. */
export function namespacesOfSelf(): ReadonlyMap<Namespace, string> {
  return new Map(NAMESPACES.map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]));
}

/**
 * Sees to it that none of these namespaces is the one it was.
 * @throws JailError
 */
export function verifyNamespaces(
  kinds: readonly Namespace[],
  before: ReadonlyMap<Namespace, string>,
): void {
  const now = namespacesOfSelf();
  const same = kinds.filter((kind) => now.get(kind) === before.get(kind));
  if (same.length > 0) {
    throw new JailError(`it is still in the old namespaces: ${same.join(', ')}`);
  }
}
