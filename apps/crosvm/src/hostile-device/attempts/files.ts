import { type Attempt, attempt, single } from '../attempt';
import type { Attacker } from '../attacker';
import { constant, flags } from '../constants';

/** What every system has and everybody may read. */
const FILE = '/etc/passwd';
const UP = '../../../../../../../../../..';

/** `struct open_how`, `struct statx`, and a `struct file_handle` with room. Source: linux/openat2.h, statx(2). */
const OPEN_HOW_SIZE = 24;
const STATX_SIZE = 256;
const HANDLE_BYTES = 128;
const HANDLE_SIZE = 8 + HANDLE_BYTES;

/** What fanotify_init(2) calls FAN_CLASS_NOTIF. */
const FAN_CLASS_NOTIF = 0;
/** Everything is watched. */
const IN_ALL_EVENTS = 0xfff;

function opened(path: (attacker: Attacker) => string, mode = constant('O_RDONLY')): Attempt['run'] {
  return (attacker) =>
    attacker.call('openat', constant('AT_FDCWD'), attacker.text(path(attacker)), mode, 0o600);
}

function open(
  what: string,
  expected: Parameters<typeof attempt>[2],
  path: (attacker: Attacker) => string,
): Attempt {
  return attempt(what, 'openat', expected, opened(path));
}

/** A handle of the root directory, for `open_by_handle_at`. */
function handle(attacker: Attacker): number {
  return attacker.bytes(Uint8Array.of(HANDLE_BYTES, 0, 0, 0, ...new Uint8Array(HANDLE_SIZE - 4)));
}

/** Files and directories of the host, by their names. */
export const FILES: readonly Attempt[] = [
  open('an absolute path', ['ENOENT', 'works'], () => FILE),
  open('a path that goes up', ['ENOENT', 'works'], () => `${UP}${FILE}`),
  open('where it is', ['works', 'works'], () => '.'),
  open('a new file', ['ENOENT', 'works'], ({ world }) => world.scratch),
  open('its own program', ['ENOENT', 'works'], () => '/proc/self/exe'),
  open("the first process's root", ['ENOENT', ['works', 'EACCES']], () => `/proc/1/root${FILE}`),
  open("the VMM's memory", ['ENOENT', 'works'], ({ world }) => `/proc/${world.secret.pid}/mem`),
  open(
    "another device's descriptor",
    ['ENOENT', 'works'],
    ({ world }) => `/proc/${world.other}/fd/1`,
  ),
  open('shared memory', ['ENOENT', 'works'], () => '/dev/shm'),
  open('/dev/kvm', ['ENOENT', ['works', 'EACCES', 'ENOENT']], () => '/dev/kvm'),
  single('by the old call', 'open', ['ENOENT', 'works'], (a) => [a.text(FILE), 0]),
  single('by the oldest call', 'creat', ['ENOENT', 'works'], (a) => [
    a.text(`${a.world.scratch}/created`),
    0o600,
  ]),
  single('with rules', 'openat2', ['ENOENT', 'works'], (a) => [
    constant('AT_FDCWD'),
    a.text(FILE),
    a.longs(0, 0, 0),
    OPEN_HOW_SIZE,
  ]),
  single('from a descriptor of its own', 'openat', ['ENOTDIR', 'ENOTDIR'], (a) => [
    a.fd('image'),
    a.text('../program'),
    0,
  ]),
  single(
    'the root',
    'name_to_handle_at',
    [
      ['works', 'EOPNOTSUPP'],
      ['works', 'EOPNOTSUPP'],
    ],
    (a) => [constant('AT_FDCWD'), a.text('/'), handle(a), a.words(0), 0],
  ),
  single(
    'made up',
    'open_by_handle_at',
    [
      ['EPERM', 'ESTALE'],
      ['EPERM', 'ESTALE', 'EINVAL'],
    ],
    (a) => [constant('AT_FDCWD'), handle(a), 0],
  ),
  single('of a file', 'statx', ['ENOENT', 'works'], (a) => [
    constant('AT_FDCWD'),
    a.text(FILE),
    0,
    0,
    a.room(STATX_SIZE),
  ]),
  single('its own program', 'readlink', ['ENOENT', 'works'], (a) => [
    a.text('/proc/self/exe'),
    a.room(256),
    256,
  ]),
  single('a file', 'access', ['ENOENT', 'works'], (a) => [a.text(FILE), 0]),
  single('a directory', 'mkdir', ['ENOENT', 'works'], (a) => [
    a.text(`${a.world.scratch}/directory`),
    0o700,
  ]),
  single('in the root', 'mknod', ['EEXIST', 'EEXIST'], (a) => [a.text('/'), 0o600, 0]),
  single('a name', 'symlink', ['ENOENT', 'works'], (a) => [
    a.text(FILE),
    a.text(`${a.world.scratch}/link`),
  ]),
  single('a name', 'rename', ['ENOENT', 'ENOENT'], (a) => [
    a.text(`${a.world.scratch}/nothing`),
    a.text(`${a.world.scratch}/something`),
  ]),
  single('a name', 'unlink', ['ENOENT', 'ENOENT'], (a) => [a.text(`${a.world.scratch}/nothing`)]),
  single('up', 'chdir', ['works', 'works'], (a) => [a.text('.')]),
  single('where it is', 'getcwd', ['works', 'works'], (a) => [a.room(4096), 4096]),
  single('changes', 'inotify_add_watch', ['EBADF', 'EBADF'], (a) => [
    -1,
    a.text('/'),
    IN_ALL_EVENTS,
  ]),
  single('for changes', 'inotify_init1', ['works', 'works'], () => [0]),
  single('for all changes', 'fanotify_init', ['EPERM', 'EPERM'], () => [FAN_CLASS_NOTIF, 0]),
  single('a file of the kernel', 'memfd_create', ['works', 'works'], (a) => [
    a.text('x'),
    flags('MFD_CLOEXEC'),
  ]),
];
