/** Bytes after which a line is passed on although it has not ended. */
const MAX_LINE = 1024;

const NEWLINE = 0x0a;

/** C0 controls but tabs, and DEL: they could play tricks with whoever reads a log. */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** Makes lines of text, fit for a log, of bytes that come in pieces. */
export class LineSplitter {
  readonly #line = new Uint8Array(MAX_LINE);
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => void;
  #length = 0;

  /** @param onLine called with each line, without its end and with control characters removed */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes the next bytes. */
  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
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
  }

  /** Nothing more comes: passes on a line that has no end. */
  flush(): void {
    if (this.#length > 0) {
      this.#pass();
    }
  }

  #pass(): void {
    const text = this.#decoder.decode(this.#line.subarray(0, this.#length));
    this.#length = 0;
    this.#onLine(text.replace(CONTROLS, ''));
  }
}
