import {
  Errno,
  type Poller,
  type PollHandler,
  type PollRegistration,
  SysError,
} from '@crosvm/sys-util';

/**
 * Registers a descriptor with nothing to wait for yet. Undefined for regular files and the like, which
 * are always ready, and which the kernel therefore does not wait for.
 * @throws SysError EBADF, EEXIST if it is waited for already
 */
export function addPaused(
  poller: Poller,
  fd: number,
  handler: PollHandler,
): PollRegistration | undefined {
  try {
    return poller.add(fd, 0, handler);
  } catch (error) {
    if (error instanceof SysError && error.errno === Errno.EPERM) {
      return undefined;
    }
    throw error;
  }
}
