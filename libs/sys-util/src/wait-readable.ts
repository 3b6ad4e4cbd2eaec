import { POLLIN, pollfd } from './abi/events';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { Errno, SysError } from './sys-error';

/**
 * Waits until there is something to read from a descriptor, or its other end is gone; false if
 * `timeoutMs` passed or a signal came before. -1 waits without end. For one descriptor, now and then:
 * a `PollLoop` is for many.
 * @throws SysError EINVAL
 */
export function waitReadable(fd: number, timeoutMs: number): boolean {
  const request = pollfd.from({ fd, events: POLLIN });
  const ready = libc.poll(request, 1, timeoutMs);
  if (ready >= 0) {
    return ready > 0;
  }
  const errno = lastErrno();
  if (errno === Errno.EINTR) {
    return false;
  }
  throw new SysError('poll', errno);
}
