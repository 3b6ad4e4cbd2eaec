import {
  FdSocket,
  MessageTruncatedError,
  OwnedFd,
  POLL_READABLE,
  POLL_WRITABLE,
  type Poller,
  type PollRegistration,
  type Received,
  SysError,
} from '@crosvm/sys-util';

import {
  decodeMemoryAnswer,
  encodeMemoryRequest,
  type GrantedMemory,
  MAX_MEMORY_MESSAGE,
  type MemoryRequest,
} from './messages';

/** Memory that the guest sees, and its descriptor if the VMM made it; the receiver owns that. */
export interface Grant extends GrantedMemory {
  readonly fd?: OwnedFd | undefined;
}

/** What becomes of a request, once; undefined: the VMM refuses, or is gone. */
export type GrantHandler = (grant: Grant | undefined) => void;

/** A device's way to memory that its guest sees. */
export interface GuestMemoryRequests {
  /** Asks for new memory, zeroed. */
  allocate(size: number, handler: GrantHandler): void;
  /**
   * Asks for this memory, whose size must be sealed against shrinking, to be shown; stays the caller's. Refused,
   * too, while the VMM is behind with what it was asked before.
   */
  share(fd: number, handler: GrantHandler): void;
  /** The guest is to see it no longer. */
  release(region: number): void;
}

/** The device's end of its socket for such requests. It never waits. */
export class MemoryRequestClient implements GuestMemoryRequests, Disposable {
  readonly #socket: FdSocket;
  readonly #registration: PollRegistration;
  /** Those who wait for their answer, in order. */
  readonly #waiting: GrantHandler[] = [];
  /** What there was no room for yet, in order: as many releases as there are regions, and hardly more. */
  readonly #unsent: MemoryRequest[] = [];
  #isBehind = false;
  #isOpen = true;

  /**
   * @param fd the socket; taken over
   * @throws SysError EPERM if it cannot be waited for
   */
  constructor(fd: number, poller: Poller) {
    const options = { maxBytes: MAX_MEMORY_MESSAGE, maxFds: 1, nonblock: true };
    this.#socket = FdSocket.adopt(OwnedFd.adopt(fd), options);
    this.#registration = poller.add(fd, POLL_READABLE, (ready) => this.#ready(ready));
  }

  allocate(size: number, handler: GrantHandler): void {
    if (this.#isOpen) {
      this.#waiting.push(handler);
      this.#post({ kind: 'allocate', size });
    } else {
      handler(undefined);
    }
  }

  share(fd: number, handler: GrantHandler): void {
    if (!this.#isBehind && this.#send({ kind: 'share' }, [fd])) {
      this.#waiting.push(handler);
    } else {
      handler(undefined);
    }
  }

  release(region: number): void {
    if (this.#isOpen) {
      this.#post({ kind: 'release', region });
    }
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#registration.remove();
    this.#socket[Symbol.dispose]();
  }

  /** Sends a request, now or when there is room for it. */
  #post(request: MemoryRequest): void {
    this.#unsent.push(request);
    if (!this.#isBehind) {
      this.#flush();
    }
  }

  #flush(): void {
    while (this.#unsent[0] !== undefined && this.#send(this.#unsent[0], [])) {
      this.#unsent.shift();
    }
    const isBehind = this.#unsent.length > 0;
    if (this.#isOpen && isBehind !== this.#isBehind) {
      this.#isBehind = isBehind;
      // Not changed, but begun anew: a policy may permit no more.
      this.#registration.setInterest(0);
      this.#registration.setInterest(POLL_READABLE | (isBehind ? POLL_WRITABLE : 0));
    }
  }

  /** False if it has to wait, or the VMM is gone. */
  #send(request: MemoryRequest, fds: readonly number[]): boolean {
    try {
      return this.#isOpen && this.#socket.send(encodeMemoryRequest(request), fds);
    } catch (error) {
      if (error instanceof SysError) {
        this.#end();
        return false;
      }
      throw error;
    }
  }

  /** The VMM is gone: nobody gets anything any more. */
  #end(): void {
    this.#isOpen = false;
    this.#registration.remove();
    this.#unsent.length = 0;
    this.#waiting.splice(0).forEach((handler) => handler(undefined));
  }

  #ready(ready: number): void {
    if ((ready & POLL_WRITABLE) !== 0) {
      this.#flush();
    }
    if ((ready & ~POLL_WRITABLE) !== 0 && this.#isOpen) {
      this.#receive();
    }
  }

  #receive(): void {
    const message = this.#next();
    if (message === 'closed') {
      this.#end();
    }
    if (typeof message === 'string') {
      return;
    }
    const answer = decodeMemoryAnswer(message.bytes);
    const [fd] = message.fds;
    const handler = this.#waiting.shift();
    if (answer?.kind === 'granted' && handler !== undefined) {
      handler({ ...answer.memory, fd });
    } else {
      fd?.close();
      handler?.(undefined);
    }
  }

  #next(): Received {
    try {
      return this.#socket.receive();
    } catch (error) {
      // No room for its descriptor, for one: whatever was granted cannot be used.
      if (error instanceof SysError || error instanceof MessageTruncatedError) {
        return 'closed';
      }
      throw error;
    }
  }
}
