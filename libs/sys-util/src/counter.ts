import { TWO_POW_32 } from '@crosvm/data-model';

import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { Errno, SysError } from './sys-error';

/** Reads the 64-bit counter that an eventfd or a timerfd gives, again and again without allocation. */
export class CounterReader {
  readonly #words = new Uint32Array(2);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  /** @param syscall what to name in errors, such as `read(eventfd)` */
  constructor(private readonly syscall: string) {}

  /**
   * The counter's value; `undefined` if it is zero and the descriptor must not wait, or if a signal
   * ended the wait.
   * @throws SysError EBADF
   */
  read(fd: number): number | undefined {
    if (libc.read(fd, this.#bytes, 8) < 0) {
      const errno = lastErrno();
      if (errno === Errno.EAGAIN || errno === Errno.EINTR) {
        return undefined;
      }
      throw new SysError(this.syscall, errno);
    }
    return (this.#words[0] ?? 0) + (this.#words[1] ?? 0) * TWO_POW_32;
  }
}
