import { StringDecoder } from 'node:string_decoder';

/** How much of an output a failure shows. */
const TAIL_CHARACTERS = 6000;

/** A day: longer than any test. */
const FOREVER_MS = 24 * 3600 * 1000;

/** What a stream has brought so far, and who waits for more of it. */
export class Transcript {
  readonly #decoder = new StringDecoder('utf8');
  readonly #chunks: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #text = '';
  #seen = 0;
  #ended: string | undefined;

  /** @param name of the stream, for messages */
  constructor(readonly name: string) {}

  /** All of it as text. */
  get text(): string {
    return this.#text;
  }

  /** All of it as bytes. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Takes what arrived. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#text += this.#decoder.write(chunk);
    this.#wake();
  }

  /** Nothing more will come, for this reason. */
  end(reason: string): void {
    this.#ended ??= reason;
    this.#wake();
  }

  /** The end of it, for messages: control characters can be read, line ends are line ends. */
  get tail(): string {
    const text = this.#text.slice(-TAIL_CHARACTERS).replaceAll('\r\n', '\n');
    const shown = text.replace(
      /[\u0000-\u0009\u000b-\u001f\u007f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
    const cut = this.#text.length > TAIL_CHARACTERS ? '...' : '';
    return `--- ${this.name} (${this.#text.length} characters):\n${cut}${shown}\n---`;
  }

  /**
   * Waits for text after that of the last match.
   * @throws Error with the end of the transcript, when it does not come in time or cannot come any more
   */
  async expect(pattern: RegExp | string, limitMs: number): Promise<RegExpExecArray> {
    const wanted = typeof pattern === 'string' ? new RegExp(escapeForRegExp(pattern)) : pattern;
    const match = await this.#find(wanted, () => this.#seen, limitMs);
    this.#seen += match.index + match[0].length;
    return match;
  }

  /**
   * Waits for text anywhere in it, however long it takes.
   * @throws Error when it cannot come any more
   */
  async find(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#find(pattern, () => 0, FOREVER_MS);
  }

  async #find(wanted: RegExp, from: () => number, limitMs: number): Promise<RegExpExecArray> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const match = wanted.exec(this.#text.slice(from()));
      if (match !== null) {
        return match;
      }
      if (this.#ended !== undefined) {
        throw new Error(`${this.#ended} before ${String(wanted)} came\n${this.tail}`);
      }
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new Error(`${String(wanted)} did not come in ${limitMs} ms\n${this.tail}`);
      }
      await this.#change(left);
    }
  }

  async #change(limitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    [...this.#waiting].forEach((done) => done());
  }
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
