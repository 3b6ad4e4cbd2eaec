import {
  AF_UNIX,
  MSG_DONTWAIT,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from './abi/socket';
import { libc } from './ffi/libc';
import { MAX_FDS_PER_MESSAGE, MessageBuffer } from './message-buffer';
import { OwnedFd } from './owned-fd';
import { peerCredentials, type PeerCredentials } from './peer-credentials';
import { check, Errno, SysError } from './sys-error';

const DEFAULT_MAX_BYTES = 64 * 1024;
const DEFAULT_MAX_FDS = 64;

/** What one end of a socket accepts, and whether it waits. */
export interface FdSocketOptions {
  /** Most bytes of a message, sent or received; default 64 KiB. */
  readonly maxBytes?: number;
  /** Most descriptors of a message received; default 64, 0 for a peer that is to send none. */
  readonly maxFds?: number;
  /** `send` and `receive` say so instead of waiting; default false. */
  readonly nonblock?: boolean;
}

/** A message with the descriptors it brought, which the receiver owns. */
export interface FdMessage {
  readonly bytes: Uint8Array;
  readonly fds: readonly OwnedFd[];
}

/** What `receive` gives: `closed` if the other end is gone and everything it sent was received. */
export type Received = FdMessage | 'closed' | 'would-block';

/** A message from the other end that was larger than this end takes. */
export class MessageTruncatedError extends Error {
  override readonly name = 'MessageTruncatedError';

  constructor(
    /** What did not fit. */
    readonly what: 'bytes' | 'descriptors',
  ) {
    super(`message with too many ${what}`);
  }
}

/**
 * One end of a unix socket that carries whole messages, and descriptors with them:
 * `SOCK_SEQPACKET`, `SCM_RIGHTS`.
 */
export class FdSocket implements Disposable {
  readonly #buffer: MessageBuffer;
  readonly #flags: number;

  private constructor(
    readonly fd: OwnedFd,
    { maxBytes, maxFds, nonblock }: FdSocketOptions,
  ) {
    this.#buffer = new MessageBuffer(maxBytes ?? DEFAULT_MAX_BYTES, maxFds ?? DEFAULT_MAX_FDS);
    // Per call, not as a property of the open file, which the other processes share.
    this.#flags = nonblock === true ? MSG_DONTWAIT : 0;
  }

  /**
   * Two ends that are connected to each other.
   * @throws SysError EMFILE, ENFILE
   */
  static pair(options: FdSocketOptions = {}): [FdSocket, FdSocket] {
    const [first, second] = socketPair();
    return [FdSocket.adopt(first, options), FdSocket.adopt(second, options)];
  }

  /** An end that came as a descriptor, from another process; takes ownership. */
  static adopt(fd: OwnedFd, options: FdSocketOptions = {}): FdSocket {
    return new FdSocket(fd, options);
  }

  /** The descriptor's number. */
  get raw(): number {
    return this.fd.raw;
  }

  /**
   * Sends a message. Copies of the descriptors go with it; the sender's stay open.
   * Returns false, with nothing sent, if it would have to wait and must not.
   * @throws RangeError if it is empty, which would look like the end, or too large
   * @throws SysError EPIPE if the other end is gone
   */
  send(bytes: Uint8Array, fds: readonly number[] = []): boolean {
    if (bytes.length === 0 || bytes.length > this.#buffer.bytes.length) {
      throw new RangeError(`a message of ${bytes.length} bytes`);
    }
    if (fds.length > MAX_FDS_PER_MESSAGE) {
      throw new RangeError(`a message with ${fds.length} descriptors`);
    }
    const { raw } = this.fd;
    this.#buffer.bytes.set(bytes);
    for (;;) {
      const result = this.#buffer.send(raw, bytes.length, fds, this.#flags);
      if (result >= 0) {
        return true;
      }
      if (-result === Errno.EAGAIN) {
        return false;
      }
      if (-result === Errno.ECONNRESET) {
        // Gone, too, and without having read everything: told once so, and as EPIPE from then on.
        throw new SysError('sendmsg', Errno.EPIPE);
      }
      if (-result !== Errno.EINTR) {
        throw new SysError('sendmsg', -result);
      }
    }
  }

  /**
   * Receives the next message.
   * @throws MessageTruncatedError if it was larger than this end takes; its descriptors are closed
   * @throws SysError
   */
  receive(): Received {
    for (;;) {
      const result = this.#buffer.receive(this.fd.raw, this.#flags);
      if (result > 0) {
        return this.#take(result);
      }
      // A peer that went away without reading everything resets the connection.
      if (result === 0 || -result === Errno.ECONNRESET) {
        return 'closed';
      }
      if (-result === Errno.EAGAIN) {
        return 'would-block';
      }
      if (-result !== Errno.EINTR) {
        throw new SysError('recvmsg', -result);
      }
    }
  }

  /**
   * Who is at the other end. For a pair that is whoever made it.
   * @throws SysError ENOTCONN
   */
  peerCredentials(): PeerCredentials {
    return peerCredentials(this.fd.raw);
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    if (!this.fd.closed) {
      this.fd.close();
      this.#buffer[Symbol.dispose]();
    }
  }

  #take(length: number): FdMessage {
    const fds = this.#buffer.takeFds();
    const { truncation } = this.#buffer;
    if (truncation !== undefined) {
      fds.forEach((fd) => fd.close());
      throw new MessageTruncatedError(truncation);
    }
    return { bytes: this.#buffer.bytes.slice(0, length), fds };
  }
}

/**
 * Two descriptors of a connected pair of `SOCK_SEQPACKET` sockets, to be given to others.
 * @throws SysError EMFILE, ENFILE
 */
export function socketPair(): [OwnedFd, OwnedFd] {
  return makePair(SOCK_SEQPACKET);
}

/**
 * Makes a pair of connected stream sockets, closed on exec: bytes without ends of messages.
 * @throws SysError EMFILE, ENFILE
 */
export function streamPair(): [OwnedFd, OwnedFd] {
  return makePair(SOCK_STREAM);
}

function makePair(type: number): [OwnedFd, OwnedFd] {
  const fds = new Int32Array(2);
  const flags = type | SOCK_CLOEXEC;
  check('socketpair', libc.socketpair(AF_UNIX, flags, 0, new Uint8Array(fds.buffer)));
  return [OwnedFd.adopt(fds[0] ?? -1), OwnedFd.adopt(fds[1] ?? -1)];
}

/**
 * Ends a connection for everybody who has a descriptor of it, in this process or another: whoever
 * waits at either end wakes and finds it closed. Doing it again does nothing.
 */
export function hangUp(socket: number): void {
  // ENOTCONN: the other end is gone already.
  libc.shutdown(socket, SHUT_RDWR);
}
