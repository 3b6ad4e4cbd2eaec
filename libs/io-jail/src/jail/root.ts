import { constants, existsSync, fstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { check, openFile, type OwnedFd } from '@crosvm/sys-util';
import { currentSyscalls } from '@crosvm/syscall-defines';

import {
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
} from '../abi';
import { libc } from '../sys/libc';
import { inPart, JailError } from './jail-error';

/** A file, directory or socket of the outside that a jail has, too. */
export interface Bind {
  /** An absolute path without symbolic links. */
  readonly source: string;
  /** Where it is in the jail, an absolute path. */
  readonly target: string;
  /** Default: read-only. */
  readonly writable?: boolean;
}

/** Open for its place only. Source: asm-generic/fcntl.h; Node has no name for it. */
const O_PATH = 0o10000000;

/** A directory that every system has, hidden by the new root until that takes the old one's place. */
const PLACE = '/dev';

const SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC;

function mount(
  what: string,
  at: string,
  type: string | null,
  { flags, data = null }: { readonly flags: number; readonly data?: string | null },
): void {
  check(`mount(${what})`, libc.mount(type ?? what, at, type, flags, data));
}

function pathOf(fd: OwnedFd): string {
  return `/proc/self/fd/${fd.raw}`;
}

/**
 * The place of a path, each of whose parts is what it seems: no symbolic link is followed.
 * @throws JailError if there is a symbolic link on the way
 * @throws SysError ENOENT, ENOTDIR, EACCES
 */
function openPlace(path: string): OwnedFd {
  const flags = O_PATH | constants.O_NOFOLLOW;
  let at = openFile('/', flags);
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    using parent = at;
    if (name === '..') {
      throw new JailError(`'${path}' goes up again`);
    }
    at = openFile(`${pathOf(parent)}/${name}`, flags);
    if ((fstatSync(at.raw).mode & constants.S_IFMT) === constants.S_IFLNK) {
      at.close();
      throw new JailError(`'${path}' has a symbolic link in it`, 'give the path that it leads to');
    }
  }
  return at;
}

/** Whether a directory can be a root as it is: there, no link, and empty. */
function isEmptyDirectory(path: string): boolean {
  if (!existsSync(path)) {
    return false;
  }
  try {
    using place = openPlace(path);
    return fstatSync(place.raw).isDirectory() && readdirSync(pathOf(place)).length === 0;
  } catch {
    return false;
  }
}

/** Puts what is bound into a root that only we see, so nothing in it can be a link. */
function bindInto(root: string, { source, target, writable }: Bind): void {
  inPart(`'${source}' as '${target}'`, () => {
    using from = openPlace(source);
    const at = join(root, join('/', target));
    if (fstatSync(from.raw).isDirectory()) {
      mkdirSync(at, { recursive: true, mode: 0o755 });
    } else {
      mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
      writeFileSync(at, '', { flag: 'wx', mode: 0o600 });
    }
    mount(pathOf(from), at, null, { flags: MS_BIND });
    const flags = MS_REMOUNT | MS_BIND | SAFE | (writable === true ? 0 : MS_RDONLY);
    mount('remount', at, null, { flags });
  });
}

/** Mounts what is to be the root. Returns where. */
function mountRoot(emptyDirectory: string, binds: readonly Bind[]): string {
  if (binds.length === 0 && isEmptyDirectory(emptyDirectory)) {
    using place = openPlace(emptyDirectory);
    mount(pathOf(place), pathOf(place), null, { flags: MS_BIND });
    return emptyDirectory;
  }
  using place = openPlace(PLACE);
  mount('root', pathOf(place), 'tmpfs', { flags: SAFE, data: 'mode=555,size=64k' });
  binds.forEach((bind) => bindInto(PLACE, bind));
  return PLACE;
}

/**
 * Replaces the root of this process, which is in a mount namespace of its own, by one that has nothing
 * but what is bound into it, and that cannot be written to. The old root is gone then.
 * @param emptyDirectory taken if it is there, is empty, and nothing is to be bound; else a new tmpfs
 * @throws JailError
 */
export function enterRoot(emptyDirectory: string, binds: readonly Bind[]): void {
  inPart('a root of its own', () => {
    mount('private', '/', null, { flags: MS_REC | MS_PRIVATE });
    check('chdir', libc.chdir(mountRoot(emptyDirectory, binds)));
    const { pivot_root = -1 } = currentSyscalls();
    check('pivot_root', libc.pivot_root(pivot_root, '.', '.'));
    // The old root lies on top of the new one now.
    check('umount2', libc.umount2('.', MNT_DETACH));
    check('chdir', libc.chdir('/'));
    mount('remount', '/', null, { flags: MS_REMOUNT | MS_BIND | MS_RDONLY | SAFE });
  });
}

/**
 * Sees to it that the root has what was bound into it and nothing else, and cannot be written to.
 * @throws JailError
 */
export function verifyRoot(binds: readonly Bind[]): void {
  const expected = new Set(
    binds.map(({ target }) => target.split('/').find((part) => part !== '')),
  );
  const found = readdirSync('/');
  if (found.length !== expected.size || found.some((name) => !expected.has(name))) {
    throw new JailError(`its root has: ${found.join(', ')}`);
  }
  try {
    mkdirSync('/probe');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      return;
    }
    throw error;
  }
  throw new JailError('its root can be written to');
}
