import { Duplex, type Readable, type Writable } from 'node:stream';

import { ExpectError } from './errors';

/** Output that is kept while something is looked for in it, in characters. */
const MAX_SEARCHED = 1024 ** 2;

/** How much of it an error quotes. */
const QUOTED = 200;

/** For how long, and until when, output is waited for. */
export interface ExpectOptions {
  /** Milliseconds; default without end. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What was expected, and what came before it. */
export interface Expected {
  /** The match of the pattern, as of `RegExp.exec`. */
  readonly match: RegExpExecArray;
  /** The output before it. */
  readonly before: string;
}

function patternOf(expected: RegExp | string): RegExp {
  return typeof expected === 'string'
    ? new RegExp(expected.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    : new RegExp(expected.source, expected.flags.replace(/[gy]/g, ''));
}

/**
 * The console of a guest, as a stream of bytes in both directions: what the guest prints is read, what
 * it is to read is written. What nobody reads holds the guest up, as with the output of a process:
 * `resume()` throws it away.
 */
export class VmConsole extends Duplex {
  readonly #output: Readable;
  readonly #input: Writable;

  constructor(output: Readable, input: Writable) {
    super({ allowHalfOpen: true });
    this.#output = output;
    this.#input = input;
    output.pause();
    output.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) {
        output.pause();
      }
    });
    output.once('end', () => this.push(null));
    output.once('error', () => this.push(null));
    // The guest, or its port, has gone.
    input.on('error', () => undefined);
  }

  override _read(): void {
    this.#output.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#input.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#input.end(done);
  }

  /**
   * Reads the output of the guest up to where a pattern matches, and leaves what follows. A pattern sees
   * what has come so far, and `$` is the end of that, too: a whole line ends with `\r?\n`.
   * @throws ExpectError NOT_SEEN if the output ends first, or a MiB comes without it; TIMEOUT
   * @throws what the signal says, if it is aborted
   */
  async expect(expected: RegExp | string, options: ExpectOptions = {}): Promise<Expected> {
    const pattern = patternOf(expected);
    const { timeoutMs } = options;
    const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    let seen = '';
    for (;;) {
      const chunk = this.read() as Buffer | null;
      // Bytes as characters: what comes of many a byte may end in the middle of a chunk.
      seen += chunk?.toString('latin1') ?? '';
      const match = pattern.exec(Buffer.from(seen, 'latin1').toString());
      if (match !== null) {
        return this.#found(match, seen);
      }
      const quoted = JSON.stringify(seen.slice(-QUOTED));
      if (seen.length > MAX_SEARCHED || (chunk === null && this.readableEnded)) {
        throw new ExpectError('NOT_SEEN', `${String(pattern)} did not come, but ${quoted}`, seen);
      }
      if (chunk === null && !(await this.#more(options.signal, timeout))) {
        this.unshift(Buffer.from(seen, 'latin1'));
        options.signal?.throwIfAborted();
        const late = `${String(pattern)} did not come in ${timeoutMs ?? 0} ms, but ${quoted}`;
        throw new ExpectError('TIMEOUT', late, seen);
      }
    }
  }

  #found(match: RegExpExecArray, seen: string): Expected {
    const text = match.input;
    const taken = text.slice(0, match.index + match[0].length);
    // What is no UTF-8 was replaced, and its bytes cannot be counted any more.
    const rest = taken.includes('\ufffd')
      ? Buffer.from(text.slice(taken.length))
      : Buffer.from(seen, 'latin1').subarray(Buffer.byteLength(taken));
    if (rest.length > 0) {
      this.unshift(rest);
    }
    return { match, before: text.slice(0, match.index) };
  }

  /** Waits until there is more to read, or nothing will come; false if something else came first. */
  #more(...signals: readonly (AbortSignal | undefined)[]): Promise<boolean> {
    return new Promise((resolve) => {
      const events = ['readable', 'end', 'close'] as const;
      const settle = (value: boolean): void => {
        events.forEach((event) => this.off(event, onMore));
        signals.forEach((signal) => signal?.removeEventListener('abort', onAbort));
        resolve(value);
      };
      const onMore = (): void => settle(true);
      const onAbort = (): void => settle(false);
      if (signals.some((signal) => signal?.aborted)) {
        settle(false);
        return;
      }
      events.forEach((event) => this.once(event, onMore));
      signals.forEach((signal) => signal?.addEventListener('abort', onAbort));
    });
  }
}
