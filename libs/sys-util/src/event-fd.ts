import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from './abi/events';
import { CounterReader } from './counter';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { check, Errno, SysError } from './sys-error';

/** How an eventfd behaves. */
export interface EventFdOptions {
  /** `read` answers `undefined` instead of waiting; default true. */
  readonly nonblock?: boolean;
  /** `read` takes one instead of all. */
  readonly semaphore?: boolean;
}

/** A counter in the kernel that wakes whoever waits for it: `eventfd(2)`. */
export class EventFd implements Disposable {
  // One buffer each way, so that neither a signal nor a read allocates.
  readonly #one = new Uint8Array(8);
  readonly #counter = new CounterReader('read(eventfd)');

  private constructor(readonly fd: OwnedFd) {
    this.#one[0] = 1;
  }

  /** @throws SysError EMFILE, ENFILE */
  static create({ nonblock = true, semaphore = false }: EventFdOptions = {}): EventFd {
    const flags = EFD_CLOEXEC | (nonblock ? EFD_NONBLOCK : 0) | (semaphore ? EFD_SEMAPHORE : 0);
    return new EventFd(OwnedFd.adopt(check('eventfd', libc.eventfd(0, flags))));
  }

  /** An eventfd that came as a number, from another thread or process; takes ownership. */
  static adopt(raw: number): EventFd {
    return new EventFd(OwnedFd.adopt(raw));
  }

  /** The descriptor's number. */
  get raw(): number {
    return this.fd.raw;
  }

  /**
   * Adds one, which wakes the waiter. A counter that is full is as good as signalled.
   * @throws SysError EBADF
   */
  signal(): void {
    if (libc.write(this.fd.raw, this.#one, 8) < 0) {
      const errno = lastErrno();
      if (errno !== Errno.EAGAIN && errno !== Errno.EINTR) {
        throw new SysError('write(eventfd)', errno);
      }
    }
  }

  /**
   * Takes the counter's value and sets it to zero; `undefined` if it was zero and must not wait.
   * @throws SysError EBADF
   */
  read(): number | undefined {
    return this.#counter.read(this.fd.raw);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}
