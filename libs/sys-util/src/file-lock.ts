import { F_OFD_SETLK, F_RDLCK, F_WRLCK, flock, LOCK_EX, LOCK_NB } from './abi/files';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { Errno, SysError } from './sys-error';

/** Many may hold a shared lock, or one an exclusive lock. */
export type LockMode = 'shared' | 'exclusive';

/**
 * Locks a whole file, without waiting; false if another open file has a lock that does not go with
 * it. The lock belongs to the open file, not to the process: it goes with the descriptor to other
 * processes, and ends when the last duplicate is closed. Only those who ask for a lock see it.
 * @param fd open for reading to take a shared lock, for writing to take an exclusive one
 * @throws SysError EBADF if it is not; ENOLCK or EOPNOTSUPP where the file system has no locks
 */
export function lockFile(fd: number, mode: LockMode): boolean {
  const lock = flock.from({ l_type: mode === 'shared' ? F_RDLCK : F_WRLCK });
  if (libc.fcntlPointer(fd, F_OFD_SETLK, lock) === 0) {
    return true;
  }
  const errno = lastErrno();
  if (errno === Errno.EAGAIN || errno === Errno.EACCES) {
    return false;
  }
  throw new SysError('fcntl(F_OFD_SETLK)', errno);
}

/**
 * Locks what a descriptor is open on for itself alone, as flock(2) does, without waiting; false if
 * somebody else has it. Whoever can open a file or a directory can lock it so. The lock ends when the
 * last duplicate of the descriptor is closed.
 * @throws SysError ENOLCK
 */
export function lockOpenFile(fd: number): boolean {
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) {
    return true;
  }
  const errno = lastErrno();
  if (errno === Errno.EWOULDBLOCK || errno === Errno.EINTR) {
    return false;
  }
  throw new SysError('flock', errno);
}
