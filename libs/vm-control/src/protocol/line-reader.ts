const LINE_FEED = 10;

/** A line, without its line feed, or that one was longer than is taken. */
export type Line = { readonly bytes: Buffer } | 'too long';

/**
 * Takes a stream of bytes apart into lines, and keeps no more of it than the longest line that is
 * taken, besides what was pushed last. Of a line that is longer it says so once, and drops it.
 */
export class LineReader {
  readonly #maxBytes: number;
  /** The beginning of the line that is not complete. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** What was pushed and not looked at. */
  #rest: Buffer = Buffer.alloc(0);
  #isDropping = false;

  /** @param maxBytes of a line, without its line feed */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the bytes that came next, to be called when `next` has no more. */
  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }

  /** The next line; undefined if it is not there yet. */
  next(): Line | undefined {
    for (;;) {
      const end = this.#rest.indexOf(LINE_FEED);
      const piece = end < 0 ? this.#rest : this.#rest.subarray(0, end);
      this.#rest = end < 0 ? Buffer.alloc(0) : this.#rest.subarray(end + 1);
      const wasDropping = this.#isDropping;
      this.#take(piece);
      if (this.#isDropping && !wasDropping) {
        this.#isDropping = end < 0;
        return 'too long';
      }
      if (end < 0) {
        return undefined;
      }
      this.#isDropping = false;
      if (!wasDropping) {
        return { bytes: this.#line() };
      }
    }
  }

  #take(piece: Buffer): void {
    if (this.#isDropping) {
      return;
    }
    if (piece.length > this.#maxBytes - this.#length) {
      this.#isDropping = true;
      this.#line();
      return;
    }
    if (piece.length > 0) {
      // What is kept must not hold on to all of what was read with it.
      this.#pieces.push(Buffer.from(piece));
      this.#length += piece.length;
    }
  }

  #line(): Buffer {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return line;
  }
}
