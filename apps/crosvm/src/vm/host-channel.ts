import {
  type FdSocket,
  POLL_READABLE,
  POLL_WRITABLE,
  type Poller,
  type PollRegistration,
  type Received,
  SysError,
} from '@crosvm/sys-util';

/** What an end may say at once where that is limited; then others have their turn, and it waits. */
const MESSAGES_AT_ONCE = 64;

/** For how long: so nobody says more than some thousand messages a second. */
const PAUSE_MS = 20;

/**
 * An end of the socket between crosvm and a device host. Nobody waits for the other end, and nothing is
 * lost: what finds no room is sent, in order, when there is some.
 */
export class HostChannel implements Disposable {
  readonly #socket: FdSocket;
  readonly #unsent: Uint8Array[] = [];
  #registration: PollRegistration | undefined;
  readonly #isLimited: boolean;
  /** POLL_ bits. */
  #waitedFor = 0;
  #received = 0;
  /** While no message is taken. */
  #pause: NodeJS.Timeout | undefined;

  /**
   * @param socket must not block; taken over
   * @param isLimited whether the other end is not to keep this thread busy
   */
  constructor(socket: FdSocket, { isLimited = false } = {}) {
    this.#socket = socket;
    this.#isLimited = isLimited;
  }

  /** Whether something that was sent has found no room yet. */
  get isFull(): boolean {
    return this.#unsent.length > 0;
  }

  /** Waits for messages, of which `onReadable` takes some by `receive`, and for room. */
  attach(poller: Poller, onReadable: () => void): void {
    this.#waitedFor = this.#interest();
    this.#registration = poller.add(this.#socket.raw, this.#waitedFor, (ready) => {
      if ((ready & POLL_WRITABLE) !== 0) {
        this.#flush();
      }
      // An end that is gone is read, too.
      if ((ready & ~POLL_WRITABLE) !== 0) {
        onReadable();
      }
    });
  }

  /**
   * Sends a message. Copies of the descriptors go with it. An end that is gone hears nothing.
   * @throws SysError
   * @throws Error if there is no room for a message with descriptors, which does not wait
   */
  send(bytes: Uint8Array, fds: readonly number[] = []): void {
    if (!this.isFull && this.#sendNow(bytes, fds)) {
      return;
    }
    if (fds.length > 0) {
      throw new Error('the socket of a device host is full');
    }
    this.#unsent.push(bytes);
    this.#update();
  }

  /** @throws SysError, MessageTruncatedError like `FdSocket.receive` */
  receive(): Received {
    const received = this.#socket.fd.closed ? 'closed' : this.#socket.receive();
    if (this.#isLimited && typeof received !== 'string') {
      this.#count();
    }
    return received;
  }

  /** Waits for nothing any more. */
  detach(): void {
    clearTimeout(this.#pause);
    this.#registration?.remove();
    this.#registration = undefined;
  }

  [Symbol.dispose](): void {
    this.detach();
    this.#socket[Symbol.dispose]();
  }

  #count(): void {
    this.#received += 1;
    if (this.#received % MESSAGES_AT_ONCE === 0 && this.#registration !== undefined) {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#update();
      }, PAUSE_MS);
      this.#update();
    }
  }

  #flush(): void {
    const sent = this.#unsent.findIndex((bytes) => !this.#sendNow(bytes));
    this.#unsent.splice(0, sent === -1 ? this.#unsent.length : sent);
    this.#update();
  }

  /** False if there is no room. One that is gone takes all: its end is seen by reading. */
  #sendNow(bytes: Uint8Array, fds: readonly number[] = []): boolean {
    try {
      return this.#socket.send(bytes, fds);
    } catch (error) {
      if (error instanceof SysError && error.code === 'EPIPE') {
        return true;
      }
      throw error;
    }
  }

  #interest(): number {
    return (this.#pause === undefined ? POLL_READABLE : 0) | (this.isFull ? POLL_WRITABLE : 0);
  }

  #update(): void {
    const interest = this.#interest();
    if (interest !== this.#waitedFor) {
      this.#waitedFor = interest;
      // Ended and begun anew: policies of devices know no changes (EPOLL_CTL_MOD).
      this.#registration?.setInterest(0);
      this.#registration?.setInterest(interest);
    }
  }
}
