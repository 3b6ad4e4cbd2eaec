import type { Socket } from 'node:net';

import { LineReader } from '../protocol/line-reader';
import { ErrorNumber, errorResponse, MAX_REQUEST } from '../protocol/messages';
import type { Answer, Dispatcher } from './dispatcher';

/** Lines of one client that are served at a time; others wait in its socket. */
const MAX_IN_FLIGHT = 16;

/** Bytes of answers that a client has not read, above which nothing more of it is read. */
const MAX_UNREAD = 256 * 1024;

/**
 * One client of a server. What it may take of this process is bounded: a line, some requests, some
 * answers. A client that reads no answers is not listened to, until it does.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #dispatcher: Dispatcher;
  readonly #lines = new LineReader(MAX_REQUEST);
  #inFlight = 0;
  #isEnded = false;
  /** When it said something last. */
  lastActive = performance.now();

  /**
   * @param socket taken over
   * @param onClose called once it has gone
   */
  constructor(socket: Socket, dispatcher: Dispatcher, onClose: () => void) {
    this.#socket = socket;
    this.#dispatcher = dispatcher;
    socket.on('data', (bytes) => {
      this.lastActive = performance.now();
      this.#lines.push(bytes);
      this.#serve();
    });
    socket.on('drain', () => this.#serve());
    socket.on('end', () => {
      this.#isEnded = true;
      this.#serve();
    });
    // It has gone away: what is under way is finished, and nobody hears of it.
    socket.on('error', () => socket.destroy());
    socket.once('close', onClose);
  }

  /** Whether nothing that it asked for is under way. */
  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** It does not keep this process alive any more, and ends with it. */
  unref(): void {
    this.#socket.unref();
  }

  get #isBusy(): boolean {
    return this.#inFlight >= MAX_IN_FLIGHT || this.#socket.writableLength > MAX_UNREAD;
  }

  #serve(): void {
    while (!this.#isBusy && !this.#socket.destroyed) {
      const line = this.#lines.next();
      if (line === undefined) {
        this.#socket.resume();
        if (this.#isEnded && this.#inFlight === 0) {
          this.#socket.end();
        }
        return;
      }
      if (line === 'too long') {
        const message = `a request has at most ${MAX_REQUEST} bytes`;
        this.#write(errorResponse(null, { code: ErrorNumber.InvalidRequest, message }));
      } else if (line.bytes.length > 0) {
        void this.#answer(line.bytes);
      }
    }
    this.#socket.pause();
  }

  async #answer(line: Buffer): Promise<void> {
    this.#inFlight += 1;
    const answer = await this.#dispatcher.answer(line);
    this.#inFlight -= 1;
    this.#write(answer);
    this.#serve();
  }

  #write(answer: Answer): void {
    if (answer !== undefined && this.#socket.writable) {
      this.#socket.write(`${JSON.stringify(answer)}\n`);
    }
  }
}
