import {
  Mapping,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  readRaw,
} from '@crosvm/sys-util';

import { LineSplitter } from './line-splitter';

/** Most bytes that are read at once. */
const READ_SIZE = 4096;

/**
 * How long to wait from one read to the next: whoever writes without end gets 1 MB a second, which is more
 * than a guest manages, and this thread has time for other things.
 */
const PAUSE_MS = 4;

/** Most bytes that wait in a pipe, by default: pipe(7). */
const PIPE_SIZE = 64 * 1024;

/**
 * Lines that a guest writes to a serial port, on their way to the log of this process. Its device host
 * has the other end of a pipe: while that is full, the guest waits, and no line is lost.
 */
export class GuestLines implements Disposable {
  readonly #reader: OwnedFd;
  readonly #splitter: LineSplitter;
  readonly #buffer = Mapping.anonymous(READ_SIZE);
  #readable: PollRegistration | undefined;
  #pause: NodeJS.Timeout | undefined;

  /** @param reader the non-blocking end of a pipe; taken over */
  constructor(reader: OwnedFd, onLine: (line: string) => void) {
    this.#reader = reader;
    this.#splitter = new LineSplitter(onLine);
  }

  /** Begins to listen. */
  attach(poller: Poller): void {
    this.#readable = poller.add(this.#reader.raw, POLL_READABLE, (): void => {
      const count = this.#read();
      if (count === 0) {
        this.#readable?.remove();
      } else {
        this.#readable?.setInterest(0);
        this.#pause = setTimeout(() => this.#readable?.setInterest(POLL_READABLE), PAUSE_MS);
      }
    });
  }

  /** Passes on what was written so far, and ends it. Doing it again does nothing. */
  [Symbol.dispose](): void {
    if (this.#reader.closed) {
      return;
    }
    clearTimeout(this.#pause);
    this.#readable?.remove();
    for (let left = PIPE_SIZE; left > 0;) {
      const count = this.#read();
      left = count > 0 ? left - count : 0;
    }
    this.#splitter.flush();
    this.#reader.close();
  }

  /** Reads once; how many bytes, 0 at the end, or a negative errno. */
  #read(): number {
    // SAFETY: the mapping is as large as that, and never unmapped.
    const count = readRaw(this.#reader.raw, this.#buffer.address, READ_SIZE);
    if (count > 0) {
      this.#splitter.write(this.#buffer.bytes.subarray(0, count));
    }
    return count;
  }
}
