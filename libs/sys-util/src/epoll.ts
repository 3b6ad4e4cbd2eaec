import { TWO_POW_32 } from '@crosvm/data-model';

import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epoll_event,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from './abi/events';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { check, Errno, SysError } from './sys-error';

/** There is something to read, or to accept. */
export const POLL_READABLE = EPOLLIN;
/** A write would not wait. */
export const POLL_WRITABLE = EPOLLOUT;
/** An error is pending; always reported. */
export const POLL_ERROR = EPOLLERR;
/** The other end is gone; always reported. */
export const POLL_HANG_UP = EPOLLHUP;
/** The other end of a stream will write no more; reported when asked for. */
export const POLL_PEER_CLOSED = EPOLLRDHUP;
/**
 * Together with the others: once for each time it becomes ready, not as long as it is. An eventfd that
 * only wakes need not be read then.
 */
export const POLL_EDGE = EPOLLET;

/** The event list is read as 32-bit words, which makes no accessor and no BigInt. */
const EVENT_WORDS = epoll_event.size / 4;
const DATA_WORD = epoll_event.offsetOf('data') / 4;

/**
 * A set of descriptors that is waited for, level-triggered: `epoll(7)`.
 * Each has a token, a non-negative number below 2^53 that its events carry. Waiting allocates nothing.
 */
export class Epoll implements Disposable {
  readonly #change = new Uint32Array(EVENT_WORDS);
  readonly #changeBytes = new Uint8Array(this.#change.buffer);
  readonly #events: Uint32Array;
  readonly #eventBytes: Uint8Array;

  private constructor(
    readonly fd: OwnedFd,
    /** Most events that one `wait` reports; the others come with the next. */
    readonly capacity: number,
  ) {
    this.#events = new Uint32Array(EVENT_WORDS * capacity);
    this.#eventBytes = new Uint8Array(this.#events.buffer);
  }

  /** @throws SysError EMFILE, ENFILE */
  static create(capacity = 64): Epoll {
    return new Epoll(
      OwnedFd.adopt(check('epoll_create1', libc.epoll_create1(EPOLL_CLOEXEC))),
      capacity,
    );
  }

  /**
   * Waits for `events` of `fd` from now on.
   * @throws SysError EEXIST, EPERM if it cannot be waited for (a regular file), EBADF
   */
  add(fd: number, events: number, token: number): void {
    this.#control(EPOLL_CTL_ADD, fd, events, token);
  }

  /**
   * Changes what `fd` is waited for.
   * @throws SysError ENOENT, EBADF
   */
  modify(fd: number, events: number, token: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events, token);
  }

  /**
   * Waits no longer for `fd`.
   * @throws SysError ENOENT, EBADF
   */
  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /**
   * Waits for up to `timeoutMs`, or without end if that is -1, and returns how many events there
   * are, 0 too if a signal came. They are valid until the next call.
   * @throws SysError EBADF
   */
  wait(timeoutMs: number): number {
    const count = libc.epoll_wait(this.fd.raw, this.#eventBytes, this.capacity, timeoutMs);
    if (count < 0) {
      const errno = lastErrno();
      if (errno !== Errno.EINTR) {
        throw new SysError('epoll_wait', errno);
      }
      return 0;
    }
    return count;
  }

  /** What happened: the POLL_ bits of event `index` of the last `wait`. */
  eventsAt(index: number): number {
    return this.#events[index * EVENT_WORDS] ?? 0;
  }

  /** Whom event `index` of the last `wait` is for. */
  tokenAt(index: number): number {
    const at = index * EVENT_WORDS + DATA_WORD;
    return (this.#events[at] ?? 0) + (this.#events[at + 1] ?? 0) * TWO_POW_32;
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #control(operation: number, fd: number, events: number, token: number): void {
    const change = this.#change;
    change[0] = events;
    change[DATA_WORD] = token % TWO_POW_32;
    change[DATA_WORD + 1] = Math.floor(token / TWO_POW_32);
    check('epoll_ctl', libc.epoll_ctl(this.fd.raw, operation, fd, this.#changeBytes));
  }
}
