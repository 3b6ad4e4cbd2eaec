import {
  Errno,
  FdSocket,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  SysError,
} from '@crosvm/sys-util';

import { type BackEndRequest, decodeRequest, encodeAnswer, MAX_MESSAGE_BYTES } from './messages';

/** Does what a front end asks. */
export interface RequestHandler {
  /**
   * Does it, and calls `answer` once, now or later: no other request comes before. A vCPU waits.
   */
  handle(request: Required<BackEndRequest>, answer: (done: boolean) => void): void;
  /** The front end is gone, or said what is no request: nothing comes any more. */
  closed(): void;
}

/** The back end's end of the channel. */
export class RequestServer implements Disposable {
  readonly #socket: FdSocket;
  readonly #handler: RequestHandler;
  #registration: PollRegistration | undefined;

  /** Takes ownership of the socket. */
  constructor(fd: OwnedFd, handler: RequestHandler) {
    const options = { maxBytes: MAX_MESSAGE_BYTES, maxFds: 0, nonblock: true };
    this.#socket = FdSocket.adopt(fd, options);
    this.#handler = handler;
  }

  /**
   * Begins to serve.
   * @throws SysError if the socket cannot be waited for
   */
  attach(poller: Poller): void {
    this.#registration = poller.add(this.#socket.raw, POLL_READABLE, () => this.#receive());
  }

  [Symbol.dispose](): void {
    this.#registration?.remove();
    this.#socket[Symbol.dispose]();
  }

  #receive(): void {
    const message = this.#socket.receive();
    if (message === 'would-block') {
      return;
    }
    const decoded = message === 'closed' ? undefined : decodeRequest(message.bytes);
    if (decoded === undefined) {
      this.#registration?.remove();
      this.#handler.closed();
      return;
    }
    const { sequence, request } = decoded;
    this.#handler.handle(request, (done) => this.#answer(sequence, done));
  }

  #answer(sequence: number, done: boolean): void {
    try {
      if (!this.#socket.fd.closed) {
        this.#socket.send(encodeAnswer(sequence, done));
      }
    } catch (error) {
      // Nobody waits any more: the end of the socket says so next.
      if (!(error instanceof SysError && error.errno === Errno.EPIPE)) {
        throw error;
      }
    }
  }
}
