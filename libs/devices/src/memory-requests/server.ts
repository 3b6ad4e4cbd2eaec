import {
  FdSocket,
  MessageTruncatedError,
  type OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  type Received,
  SysError,
} from '@crosvm/sys-util';

import {
  decodeMemoryRequest,
  encodeMemoryAnswer,
  type GrantedMemory,
  MAX_MEMORY_MESSAGE,
  type MemoryRequest,
} from './messages';

/** What is said of a device that says what is no request. */
const UNKNOWN = 'it asked for memory in no known way';

const REFUSED = { kind: 'refused' } as const;

/** Memory that was made for a device, and its descriptor. */
export interface MadeMemory {
  readonly memory: GrantedMemory;
  readonly fd: OwnedFd;
}

/** What a device may have of the VM, and who gives it: within the limits of that device. */
export interface MemoryGranter {
  /** Makes memory and shows it to the guest; undefined if the device cannot have so much. The descriptor is the caller's. */
  allocate(size: number): MadeMemory | undefined;
  /** Shows memory to the guest; undefined if that is no such memory, or too much. The descriptor stays the caller's. */
  share(fd: number): GrantedMemory | undefined;
  /** Shows it no longer; false if there is no such region. */
  release(region: number): boolean;
}

/** The VMM's end of a device's socket for requests about memory. */
export class MemoryRequestServer implements Disposable {
  readonly #socket: FdSocket;
  readonly #granter: MemoryGranter;
  #registration: PollRegistration | undefined;

  /** @param fd the socket; taken over */
  constructor(fd: OwnedFd, granter: MemoryGranter) {
    const options = { maxBytes: MAX_MEMORY_MESSAGE, maxFds: 1, nonblock: true };
    this.#socket = FdSocket.adopt(fd, options);
    this.#granter = granter;
  }

  /**
   * Begins to serve: a request a turn, so that a device that floods its socket starves nobody.
   * @param onFault the device said what no device says; nothing of it is served any more
   */
  attach(poller: Poller, onFault: (what: string) => void): void {
    this.#registration = poller.add(this.#socket.raw, POLL_READABLE, () => {
      const fault = this.#serve();
      if (fault !== undefined) {
        this.#registration?.remove();
        if (fault !== 'closed') {
          onFault(fault);
        }
      }
    });
  }

  [Symbol.dispose](): void {
    this.#registration?.remove();
    this.#socket[Symbol.dispose]();
  }

  /** Serves one request; says what is wrong with it. */
  #serve(): string | undefined {
    const received = this.#receive();
    if (received === 'would-block' || received === 'closed') {
      return received === 'closed' ? received : undefined;
    }
    const request = typeof received === 'string' ? undefined : decodeMemoryRequest(received.bytes);
    const fds = typeof received === 'string' ? [] : received.fds;
    try {
      return request === undefined ? UNKNOWN : this.#handle(request, fds);
    } finally {
      fds.forEach((fd) => fd.close());
    }
  }

  #receive(): Received | 'malformed' {
    try {
      return this.#socket.receive();
    } catch (error) {
      if (error instanceof MessageTruncatedError) {
        return 'malformed';
      }
      if (error instanceof SysError) {
        return 'closed';
      }
      throw error;
    }
  }

  #handle(request: MemoryRequest, [fd]: readonly OwnedFd[]): string | undefined {
    if ((request.kind === 'share') !== (fd !== undefined)) {
      return UNKNOWN;
    }
    if (request.kind === 'release') {
      const isReleased = this.#granter.release(request.region);
      return isReleased ? undefined : 'it gave back memory that it has not';
    }
    if (fd !== undefined) {
      this.#answer(this.#granter.share(fd.raw));
    } else if (request.kind === 'allocate') {
      const made = this.#granter.allocate(request.size);
      this.#answer(made?.memory, made?.fd);
      made?.fd.close();
    }
    return undefined;
  }

  /** A device that does not read its answers, or is gone, has none: what it was granted goes with the VM. */
  #answer(memory: GrantedMemory | undefined, fd?: OwnedFd): void {
    const answer = memory === undefined ? REFUSED : ({ kind: 'granted', memory } as const);
    try {
      this.#socket.send(encodeMemoryAnswer(answer), fd === undefined ? [] : [fd.raw]);
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
    }
  }
}
