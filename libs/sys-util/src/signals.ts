import { SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK } from './abi/signal';
import { timespec } from './abi/time';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { SignalSet } from './signal-set';
import { Errno, SysError } from './sys-error';
import { writeTimespec } from './timespec';

/** The first real-time signal that a program may use: glibc keeps 32 and 33 for itself. */
export const SIGRTMIN = 34;

function changeMask(how: number, set: SignalSet): SignalSet {
  const previous = new SignalSet();
  // Unlike other calls it returns the errno.
  const errno = libc.pthread_sigmask(how, set.bytes, previous.bytes);
  if (errno !== 0) {
    throw new SysError('pthread_sigmask', errno);
  }
  return previous;
}

/** Blocks signals in the calling thread only: they stay pending. Returns what was blocked before. */
export function blockSignals(set: SignalSet): SignalSet {
  return changeMask(SIG_BLOCK, set);
}

/** Unblocks signals in the calling thread only. Returns what was blocked before. */
export function unblockSignals(set: SignalSet): SignalSet {
  return changeMask(SIG_UNBLOCK, set);
}

/** Blocks these signals in the calling thread and no others. Returns what was blocked before. */
export function setBlockedSignals(set: SignalSet): SignalSet {
  return changeMask(SIG_SETMASK, set);
}

/** The calling thread's id, as the kernel numbers threads. */
export function gettid(): number {
  return libc.gettid();
}

/**
 * Sends a signal to one thread; false if there is no such thread any more.
 * The thread must have blocked it, or it ends the process unless somebody handles it.
 * @throws SysError EINVAL, EPERM
 */
export function kickThread(pid: number, tid: number, signal: number): boolean {
  if (libc.tgkill(pid, tid, signal) === 0) {
    return true;
  }
  const errno = lastErrno();
  if (errno === Errno.ESRCH) {
    return false;
  }
  throw new SysError('tgkill', errno);
}

/**
 * Takes one pending signal of a set that is blocked, and returns it; `undefined` if none came within
 * `timeoutMs`. With 0, the default, it never waits.
 * @throws SysError EINVAL
 */
export function consumeSignal(set: SignalSet, timeoutMs = 0): number | undefined {
  const timeout = timespec.allocate();
  writeTimespec(timeout, timeoutMs);
  const signal = libc.sigtimedwait(set.bytes, null, timeout.buffer);
  if (signal >= 0) {
    return signal;
  }
  const errno = lastErrno();
  if (errno === Errno.EAGAIN || errno === Errno.EINTR) {
    return undefined;
  }
  throw new SysError('sigtimedwait', errno);
}
