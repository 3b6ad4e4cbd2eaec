import { type Attempt, single } from '../attempt';
import type { Attacker } from '../attacker';
import { constant } from '../constants';

/** Of linux/capability.h, linux/keyctl.h, linux/prctl.h, linux/mount.h. */
const CAPABILITY_VERSION_3 = 0x20080522;
const CAP_SYS_ADMIN = 21;
const KEYCTL_GET_KEYRING_ID = 0;
const KEY_SPEC_PROCESS_KEYRING = -2;
const PR_CAP_AMBIENT_RAISE = 2;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_SET_MODE_FILTER = 1;
const MNT_DETACH = 2;
const CLONE_NEWUSER = 0x10000000;
const CLONE_NEWUTS = 0x04000000;
const CLONE_NEWNS = 0x00020000;
const ALL = 0xffffffff;

const MS_REC_PRIVATE = 0x44000;
const OPEN_TREE_CLONE_RECURSIVE = 0x8001;
const NO_KEYS = 'ENOSYS';

/** Needs a privilege that the jail does not have, nor its user namespace any more. */
const PRIVILEGED = ['EPERM', 'works'] as const;

function mountPoint({ world }: Attacker): string {
  return `${world.scratch}/mount`;
}

/** More rights, and other namespaces. */
export const PRIVILEGES: readonly Attempt[] = [
  single('root', 'setuid', ['EINVAL', 'works'], () => [0]),
  single('root', 'setgid', ['EINVAL', 'works'], () => [0]),
  single('root', 'setresuid', ['EINVAL', 'works'], () => [0, 0, 0]),
  single('root', 'setresgid', ['EINVAL', 'works'], () => [0, 0, 0]),
  single('root', 'setfsuid', ['works', 'works'], () => [0]),
  single('none', 'setgroups', ['EPERM', 'EPERM'], () => [0, 0]),
  single('a capability', 'prctl', ['EPERM', 'EPERM'], () => [
    constant('PR_CAP_AMBIENT'),
    PR_CAP_AMBIENT_RAISE,
    CAP_SYS_ADMIN,
    0,
    0,
  ]),
  single('to be looked into', 'prctl', ['works', 'works'], () => [constant('PR_SET_DUMPABLE'), 1]),
  single('not to end with its parent', 'prctl', ['works', 'works'], () => [
    constant('PR_SET_PDEATHSIG'),
    0,
  ]),
  single('another filter', 'prctl', ['EFAULT', ['EFAULT', 'EACCES']], () => [
    constant('PR_SET_SECCOMP'),
    SECCOMP_MODE_FILTER,
    0,
  ]),
  single('new privileges', 'prctl', ['EINVAL', 'EINVAL'], () => [
    constant('PR_SET_NO_NEW_PRIVS'),
    0,
    0,
    0,
    0,
  ]),
  single('another filter', 'seccomp', ['EFAULT', ['EFAULT', 'EACCES']], () => [
    SECCOMP_SET_MODE_FILTER,
    0,
    0,
  ]),
  // With all capabilities in it.
  {
    ...single('a user namespace', 'unshare', [['ENOSPC', 'works'], 'EINVAL'], () => [
      CLONE_NEWUSER,
    ]),
    isLast: true,
  },
  single('a namespace of names', 'unshare', PRIVILEGED, () => [CLONE_NEWUTS]),
  single('a mount namespace', 'unshare', PRIVILEGED, () => [CLONE_NEWNS]),
  single('by a descriptor', 'setns', ['EINVAL', 'EINVAL'], (a) => [a.fd('image'), 0]),
  single('the root', 'chroot', PRIVILEGED, (a) => [a.text('/')]),
  single('the root', 'pivot_root', ['EPERM', ['EBUSY', 'EINVAL']], (a) => [
    a.text('/'),
    a.text('/'),
  ]),
  single('all of them', 'mount', PRIVILEGED, (a) => [
    a.text('none'),
    a.text('/'),
    0,
    MS_REC_PRIVATE,
    0,
  ]),
  single('a file system', 'mount', ['ENOENT', 'works'], (a) => [
    a.text('none'),
    a.text(mountPoint(a)),
    a.text('tmpfs'),
    0,
    0,
  ]),
  single('a file system', 'umount2', [['EPERM', 'ENOENT'], 'works'], (a) => [
    a.text(mountPoint(a)),
    MNT_DETACH,
  ]),
  single('a file system', 'fsopen', PRIVILEGED, (a) => [a.text('tmpfs'), 0]),
  single('a tree', 'open_tree', ['EPERM', 'works'], (a) => [
    constant('AT_FDCWD'),
    a.text('/'),
    OPEN_TREE_CLONE_RECURSIVE,
  ]),
  single('a tree', 'move_mount', ['EPERM', 'ENOENT'], (a) => [-1, a.text(''), -1, a.text(''), 0]),
  single(
    'of a tree',
    'mount_setattr',
    [
      ['EPERM', 'EINVAL'],
      ['EPERM', 'EINVAL'],
    ],
    (a) => [constant('AT_FDCWD'), a.text('/'), 0, a.longs(0, 0, 0, 0), 0],
  ),
  single(
    'its keyring',
    'keyctl',
    [
      ['works', NO_KEYS],
      ['works', NO_KEYS],
    ],
    () => [KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1],
  ),
  single(
    'of its own',
    'add_key',
    [
      ['works', NO_KEYS],
      ['works', NO_KEYS],
    ],
    (a) => [a.text('user'), a.text('crosvm-hostile'), a.text('x'), 1, KEY_SPEC_PROCESS_KEYRING],
  ),
  single(
    'of somebody',
    'request_key',
    [
      ['errno 126', NO_KEYS],
      ['errno 126', NO_KEYS],
    ],
    (a) => [a.text('user'), a.text('crosvm-none'), 0, 0],
  ),
  single('of files', 'setrlimit', ['EPERM', ['works', 'EPERM']], (a) => [
    constant('RLIMIT_CORE'),
    a.longs(-1, -1),
  ]),
  single('one', 'capset', PRIVILEGED, (a) => [
    a.words(CAPABILITY_VERSION_3, 0),
    a.words(1 << CAP_SYS_ADMIN, 1 << CAP_SYS_ADMIN, 0, 0, 0, 0),
  ]),
  single('to any', 'personality', ['works', 'works'], () => [ALL]),
];
