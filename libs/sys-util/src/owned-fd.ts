import { F_DUPFD_CLOEXEC } from './abi/files';
import { libc } from './ffi/libc';
import { check } from './sys-error';

/** Those that belong to the scope that there is, if there is one. */
let scope: Set<OwnedFd> | undefined;

/** A file descriptor with one owner, who closes it. */
export class OwnedFd implements Disposable {
  #raw: number;

  private constructor(raw: number) {
    this.#raw = raw;
    scope?.add(this);
  }

  /**
   * Takes ownership of an open descriptor.
   * @throws RangeError if `raw` is no descriptor number
   */
  static adopt(raw: number): OwnedFd {
    if (!Number.isInteger(raw) || raw < 0) {
      throw new RangeError(`${raw} is not a file descriptor`);
    }
    return new OwnedFd(raw);
  }

  /**
   * A second descriptor of the open file behind `raw`, closed on exec; `raw` stays its owner's.
   * @throws RangeError if `raw` is no descriptor number
   * @throws SysError EBADF, EMFILE
   */
  static duplicate(raw: number): OwnedFd {
    const borrowed = OwnedFd.adopt(raw);
    const own = borrowed.dup();
    borrowed.release();
    return own;
  }

  /**
   * The descriptor's number, for a call; the owner stays the owner.
   * @throws Error if it was closed
   */
  get raw(): number {
    if (this.#raw < 0) {
      throw new Error('file descriptor used after close');
    }
    return this.#raw;
  }

  /** Whether it was closed or given away. */
  get closed(): boolean {
    return this.#raw < 0;
  }

  /**
   * A second descriptor of the same open file, closed on exec.
   * @throws SysError EMFILE
   */
  dup(): OwnedFd {
    return new OwnedFd(check('fcntl(F_DUPFD_CLOEXEC)', libc.fcntl(this.raw, F_DUPFD_CLOEXEC, 0)));
  }

  /** Gives up ownership: the caller closes the number that is returned. */
  release(): number {
    const { raw } = this;
    this.#raw = -1;
    scope?.delete(this);
    return raw;
  }

  /** Closes the descriptor. Closing it again does nothing. */
  close(): void {
    if (this.#raw >= 0) {
      // The descriptor is gone whatever close() answers, so there is nothing to do about an error.
      libc.close(this.#raw);
      this.#raw = -1;
      scope?.delete(this);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Closes what is opened on this thread while it is there, and not closed or given away by then: for what
 * has many owners who all end together. Nobody may use any of it afterwards.
 */
export class FdScope implements Disposable {
  readonly #fds = new Set<OwnedFd>();

  /** @throws Error if there is one already */
  constructor() {
    if (scope !== undefined) {
      throw new Error('a scope of descriptors within another one');
    }
    scope = this.#fds;
  }

  [Symbol.dispose](): void {
    scope = undefined;
    // Some have a second owner by the same number, who only uses it.
    const numbers = new Set([...this.#fds].map((fd) => fd.release()));
    numbers.forEach((raw) => libc.close(raw));
    this.#fds.clear();
  }
}
