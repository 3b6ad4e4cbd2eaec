/** Anything with a file descriptor: an `OwnedFd`, an `EventFd`, a `Vm`. */
export interface HasFd {
  /** The descriptor's number. */
  readonly raw: number;
}

/** A descriptor to make calls on, and to close if it is one's own. */
export interface FdRef extends HasFd {
  close(): void;
}

/** A descriptor that somebody else owns, as threads of one process share theirs by number. */
export class BorrowedFd implements FdRef {
  #raw: number;

  /** @throws RangeError if `raw` is no descriptor number */
  constructor(raw: number) {
    if (!Number.isInteger(raw) || raw < 0) {
      throw new RangeError(`${raw} is not a file descriptor`);
    }
    this.#raw = raw;
  }

  get raw(): number {
    if (this.#raw < 0) {
      throw new Error('file descriptor used after close');
    }
    return this.#raw;
  }

  /** Forgets the number; the descriptor stays open. */
  close(): void {
    this.#raw = -1;
  }
}
