import { constants } from 'node:fs';

import { Errno, fileKind, type Mapping, openFile, OwnedFd, writeRaw } from '@crosvm/sys-util';

/** Where the output of a serial port goes. */
export interface SerialSink extends Disposable {
  /** Becomes writable when there is something to gain from `write`; undefined if it always is. */
  readonly fd: number | undefined;
  /**
   * Takes up to `length` bytes at `offset` of the page; returns how many, or a negative errno.
   * EAGAIN means to try again when `fd` is writable.
   */
  write(page: Mapping, offset: number, length: number): number;
  /** Passes on what it still holds. */
  flush(): void;
}

/** Throws everything away. */
export class DiscardSink implements SerialSink {
  readonly fd = undefined;

  write(_page: Mapping, _offset: number, length: number): number {
    return length;
  }

  flush(): void {
    // Nothing is held.
  }

  [Symbol.dispose](): void {
    // Nothing to close.
  }
}

/**
 * A descriptor of our own for the file, pipe or terminal behind `fd`. For pipes and terminals it is a
 * non-blocking one: the flag belongs to the open file, and the one behind `fd` may be shared with the
 * user's shell, so it is opened again. Where that is not possible, it is a plain duplicate.
 */
function openAgain(fd: number): OwnedFd {
  const kind = fileKind(fd);
  if (kind === 'pipe' || kind === 'character device') {
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      return openFile(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } catch {
      // No /proc in a jail; no permission on a terminal after su; no reader on a pipe.
    }
  }
  return OwnedFd.duplicate(fd);
}

/** Writes to a file descriptor, straight from the page. */
export class FdSink implements SerialSink {
  readonly #own: OwnedFd;

  /**
   * @param fd stays the caller's
   * @throws SysError EBADF, EMFILE
   */
  constructor(fd: number) {
    this.#own = openAgain(fd);
  }

  get fd(): number {
    return this.#own.raw;
  }

  write(page: Mapping, offset: number, length: number): number {
    // SAFETY: the page is never unmapped, and the caller's span lies inside it.
    const result = writeRaw(this.#own.raw, page.address + offset, length);
    return result === -Errno.EINTR ? 0 : result;
  }

  flush(): void {
    // Nothing is held.
  }

  [Symbol.dispose](): void {
    this.#own.close();
  }
}

/** Bytes after which a line is passed on although it has not ended. */
const MAX_LINE = 1024;

const NEWLINE = 0x0a;

/** C0 controls but tabs, and DEL: they could play tricks with whoever reads a log. */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** Passes on whole lines as text, for logs. */
export class LineSink implements SerialSink {
  readonly fd = undefined;
  readonly #line = new Uint8Array(MAX_LINE);
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => void;
  #length = 0;

  /** @param onLine called with each line, without its end and with control characters removed */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(page: Mapping, offset: number, length: number): number {
    for (const byte of page.bytes.subarray(offset, offset + length)) {
      if (byte === NEWLINE) {
        this.#pass();
      } else {
        this.#line[this.#length] = byte;
        this.#length += 1;
        if (this.#length === MAX_LINE) {
          this.#pass();
        }
      }
    }
    return length;
  }

  flush(): void {
    if (this.#length > 0) {
      this.#pass();
    }
  }

  [Symbol.dispose](): void {
    // Nothing to close.
  }

  #pass(): void {
    const text = this.#decoder.decode(this.#line.subarray(0, this.#length));
    this.#length = 0;
    this.#onLine(text.replace(CONTROLS, ''));
  }
}
