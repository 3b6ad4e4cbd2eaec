import { F_DUPFD_CLOEXEC } from './abi/files';
import { libc } from './ffi/libc';
import { check } from './sys-error';

/** A file descriptor with one owner, who closes it. */
export class OwnedFd implements Disposable {
  #raw: number;

  private constructor(raw: number) {
    this.#raw = raw;
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
    return raw;
  }

  /** Closes the descriptor. Closing it again does nothing. */
  close(): void {
    if (this.#raw >= 0) {
      // The descriptor is gone whatever close() answers, so there is nothing to do about an error.
      libc.close(this.#raw);
      this.#raw = -1;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
