import { AF_UNIX, MSG_DONTWAIT, SOCK_NONBLOCK, SOCK_STREAM } from './abi/socket';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { MessageBuffer } from './message-buffer';
import type { OwnedFd } from './owned-fd';
import { createSocket } from './socket';
import { Errno, SysError } from './sys-error';
import { unixAddress } from './unix-address';

/**
 * Connects to a stream socket by its path, without ever waiting: neither now nor later, by this descriptor.
 * @throws RangeError if the path is empty or too long
 * @throws SysError ENOENT, ECONNREFUSED, EACCES, EAGAIN if too many wait to be accepted, EPROTOTYPE, EMFILE
 */
export function connectUnix(path: string): OwnedFd {
  const address = unixAddress(path);
  const socket = createSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  if (libc.connect(socket.raw, address, address.length) < 0) {
    const errno = lastErrno();
    socket.close();
    throw new SysError(`connect(${path})`, errno);
  }
  return socket;
}

/** What `StreamBuffer.receive` gives: how many bytes, or a negative errno. Descriptors are the caller's. */
export interface StreamReceived {
  readonly length: number;
  readonly fds: readonly OwnedFd[];
}

/**
 * Room for what goes through stream sockets that carry descriptors (SCM_RIGHTS), one piece at a time. It
 * never waits, and serves any number of sockets.
 */
export class StreamBuffer implements Disposable {
  readonly #buffer: MessageBuffer;

  /**
   * @param maxBytes most bytes of a piece
   * @param maxFds most descriptors that a piece brings; those that are more are lost
   */
  constructor(maxBytes: number, maxFds: number) {
    this.#buffer = new MessageBuffer(maxBytes, maxFds);
  }

  /** What is sent, and what was received. */
  get bytes(): Uint8Array {
    return this.#buffer.bytes;
  }

  /**
   * Sends the first `length` bytes, one at least, with these descriptors. Returns how many bytes were
   * sent: the descriptors went with the first of them; or a negative errno: EAGAIN, EPIPE.
   */
  send(socket: number, length: number, fds: readonly number[]): number {
    return this.#buffer.send(socket, length, fds, MSG_DONTWAIT);
  }

  /**
   * Receives up to `maxBytes` into `bytes`. A length of 0 is the end; -EAGAIN: there is nothing now; -EMSGSIZE: there were
   * more descriptors than are taken, and some are lost.
   */
  receive(socket: number, maxBytes = this.bytes.length): StreamReceived {
    const length = this.#buffer.receive(socket, MSG_DONTWAIT, maxBytes);
    if (length < 0) {
      return { length, fds: [] };
    }
    const fds = this.#buffer.takeFds();
    if (this.#buffer.truncation !== undefined) {
      fds.forEach((fd) => fd.close());
      return { length: -Errno.EMSGSIZE, fds: [] };
    }
    return { length, fds };
  }

  [Symbol.dispose](): void {
    this.#buffer[Symbol.dispose]();
  }
}
