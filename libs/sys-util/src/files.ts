import { constants, fstatSync, readdirSync } from 'node:fs';

import {
  FD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  O_ACCMODE,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  SEEK_END,
} from './abi/files';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { check, retry } from './sys-error';

const STDERR = 2;

/** What a descriptor is open on. */
export type FileKind =
  'file' | 'directory' | 'character device' | 'block device' | 'pipe' | 'socket' | 'other';

/** The two ends of a pipe. */
export interface Pipe {
  readonly reader: OwnedFd;
  readonly writer: OwnedFd;
}

/**
 * Opens a file, closed on exec.
 * @param flags O_ flags of `fs.constants`, such as O_RDWR
 * @param mode permissions if it is created, before the umask
 * @throws SysError that names the path, with any errno of open(2)
 */
export function openFile(path: string, flags: number, mode = 0o666): OwnedFd {
  return OwnedFd.adopt(retry(`open(${path})`, () => libc.open(path, flags | O_CLOEXEC, mode)));
}

/**
 * Makes a pipe, both ends closed on exec.
 * @throws SysError EMFILE, ENFILE
 */
export function createPipe({ nonblock = false } = {}): Pipe {
  const fds = new Int32Array(2);
  const flags = O_CLOEXEC | (nonblock ? O_NONBLOCK : 0);
  check('pipe2', libc.pipe2(new Uint8Array(fds.buffer), flags));
  return { reader: OwnedFd.adopt(fds[0] ?? -1), writer: OwnedFd.adopt(fds[1] ?? -1) };
}

/**
 * What a descriptor is open on.
 * @throws Error EBADF
 */
export function fileKind(fd: number): FileKind {
  const stat = fstatSync(fd);
  switch (stat.mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'directory';
    case constants.S_IFCHR:
      return 'character device';
    case constants.S_IFBLK:
      return 'block device';
    case constants.S_IFIFO:
      return 'pipe';
    case constants.S_IFSOCK:
      return 'socket';
    default:
      return 'other';
  }
}

/**
 * Bytes of a file or of a block device. It moves the position of reads that name no offset.
 * @throws SysError ESPIPE for what has no size
 */
export function fileSize(fd: number): number {
  return check('lseek', libc.lseek(fd, 0, SEEK_END));
}

/**
 * Makes a file longer, with zeroes that take no room, or cuts it off.
 * @throws SysError EFBIG, EINVAL, ENOSPC and what else ftruncate(2) answers
 */
export function resizeFile(fd: number, bytes: number): void {
  retry('ftruncate', () => libc.ftruncate(fd, bytes));
}

/** What a descriptor is open for. */
export interface AccessMode {
  readonly reads: boolean;
  readonly writes: boolean;
}

/**
 * What a descriptor is open for.
 * @throws SysError EBADF
 */
export function accessMode(fd: number): AccessMode {
  const mode = check('fcntl(F_GETFL)', libc.fcntl(fd, F_GETFL, 0)) & O_ACCMODE;
  return { reads: mode !== O_WRONLY, writes: mode !== O_RDONLY };
}

/** Whether reads and writes of a descriptor say EAGAIN instead of waiting. */
export function setNonblocking(fd: number, nonblocking: boolean): void {
  const flags = check('fcntl(F_GETFL)', libc.fcntl(fd, F_GETFL, 0));
  const changed = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  check('fcntl(F_SETFL)', libc.fcntl(fd, F_SETFL, changed));
}

/**
 * Marks every open descriptor but the standard three to be closed on exec. What this process opens
 * itself is so anyway, but what it inherited is not, and would be passed on to all its children.
 */
export function closeInheritedOnExec(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    const flags = fd > STDERR ? libc.fcntl(fd, F_GETFD, 0) : -1;
    // Negative too for the descriptor by which the directory was read: it is closed again.
    if (flags >= 0) {
      libc.fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    }
  }
}
