import { fchmodSync } from 'node:fs';

import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from './abi/socket';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import { createSocket } from './socket';
import { check, Errno, retry, SysError } from './sys-error';
import { unixAddress } from './unix-address';

/** Connections that the kernel keeps until they are accepted. */
const BACKLOG = 1024;

/** What may come with accepting a connection that is no reason to stop: see accept(2). */
const TRANSIENT = [Errno.EAGAIN, Errno.EINTR, Errno.ECONNABORTED];

/** A unix stream socket with a path in the file system, at which connections are accepted. */
export class UnixListener implements Disposable {
  private constructor(readonly fd: OwnedFd) {}

  /**
   * Makes the socket at `path` and begins to listen. Disposing it leaves the path where it is.
   * @param mode its permissions, from the first moment on
   * @throws RangeError if the path is too long
   * @throws SysError EADDRINUSE if there is such a file, ENOENT, EACCES, ...
   */
  static bind(path: string, mode: number): UnixListener {
    const address = unixAddress(path);
    const fd = createSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    try {
      // Before it has a path: nobody can connect in between.
      fchmodSync(fd.raw, mode);
      check(`bind(${path})`, libc.bind(fd.raw, address, address.length));
      check('listen', libc.listen(fd.raw, BACKLOG));
      return new UnixListener(fd);
    } catch (error) {
      fd.close();
      throw error;
    }
  }

  /**
   * The next connection, which never waits; undefined if there is none now.
   * @throws SysError EMFILE, ENFILE, ENOMEM
   */
  accept(): OwnedFd | undefined {
    const fd = libc.accept4(this.fd.raw, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      return OwnedFd.adopt(fd);
    }
    const errno = lastErrno();
    if (TRANSIENT.includes(errno)) {
      return undefined;
    }
    throw new SysError('accept4', errno);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

/**
 * Whether anybody listens at the unix socket `path`; false for one whose process has gone, and for a
 * file that is no socket.
 * @throws RangeError if the path is too long
 * @throws SysError EACCES, ENOENT, ...
 */
export function isListening(path: string): boolean {
  const address = unixAddress(path);
  using fd = createSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  try {
    retry(`connect(${path})`, () => libc.connect(fd.raw, address, address.length));
    return true;
  } catch (error) {
    if (error instanceof SysError && error.errno === Errno.ECONNREFUSED) {
      return false;
    }
    // It listens, and so many wait already.
    if (error instanceof SysError && error.errno === Errno.EAGAIN) {
      return true;
    }
    throw error;
  }
}
