import {
  FdSocket,
  MessageTruncatedError,
  OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
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
  /** Asks for this memory, whose size must be sealed against shrinking, to be shown; stays the caller's. */
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

  /**
   * @param fd the socket; taken over
   * @throws SysError EPERM if it cannot be waited for
   */
  constructor(fd: number, poller: Poller) {
    const options = { maxBytes: MAX_MEMORY_MESSAGE, maxFds: 1, nonblock: true };
    this.#socket = FdSocket.adopt(OwnedFd.adopt(fd), options);
    this.#registration = poller.add(fd, POLL_READABLE, () => this.#receive());
  }

  allocate(size: number, handler: GrantHandler): void {
    this.#ask({ kind: 'allocate', size }, [], handler);
  }

  share(fd: number, handler: GrantHandler): void {
    this.#ask({ kind: 'share' }, [fd], handler);
  }

  release(region: number): void {
    this.#send({ kind: 'release', region }, []);
  }

  [Symbol.dispose](): void {
    this.#registration.remove();
    this.#socket[Symbol.dispose]();
  }

  #ask(request: MemoryRequest, fds: readonly number[], handler: GrantHandler): void {
    if (this.#send(request, fds)) {
      this.#waiting.push(handler);
    } else {
      handler(undefined);
    }
  }

  /** False if the VMM is gone, or does not read. */
  #send(request: MemoryRequest, fds: readonly number[]): boolean {
    try {
      return !this.#socket.fd.closed && this.#socket.send(encodeMemoryRequest(request), fds);
    } catch (error) {
      if (error instanceof SysError) {
        return false;
      }
      throw error;
    }
  }

  #receive(): void {
    const message = this.#next();
    if (message === 'would-block') {
      return;
    }
    if (message === 'closed') {
      this.#registration.remove();
      this.#waiting.splice(0).forEach((handler) => handler(undefined));
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

  #next(): ReturnType<FdSocket['receive']> {
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
