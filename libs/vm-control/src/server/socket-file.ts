import { constants, lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import {
  isListening,
  lockOpenFile,
  MAX_SOCKET_PATH,
  openFile,
  SysError,
  UnixListener,
} from '@crosvm/sys-util';

import { SocketPathError } from './socket-path-error';

/** Nobody but the user who runs the VM, and root. */
const MODE = 0o600;

/** How long another one may take to make a socket in the same directory. */
const LOCK_PATIENCE_MS = 2000;
const LOCK_LOOK_MS = 5;

/** The name of a VMM's socket in a directory of sockets. */
function socketName(pid: number): string {
  return `crosvm-${pid}.sock`;
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Holds other VMMs off while one looks at a path and then makes a socket there. */
function withLock<Result>(directory: string, action: () => Result): Result {
  using fd = openFile(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const word = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; !lockOpenFile(fd.raw); waited += LOCK_LOOK_MS) {
    if (waited >= LOCK_PATIENCE_MS) {
      throw new SocketPathError(`another process holds a lock on ${directory}`);
    }
    Atomics.wait(word, 0, 0, LOCK_LOOK_MS);
  }
  return action();
}

/** @throws SocketPathError if something is there that is in use, or not ours to replace */
function removeStale(path: string): void {
  const stat = statOf(path);
  if (stat === undefined) {
    return;
  }
  if (!stat.isSocket()) {
    throw new SocketPathError(`${path} exists and is not a socket`, {
      hint: 'name a path that does not exist, or a directory',
    });
  }
  if (isListening(path)) {
    throw new SocketPathError(`${path} is the socket of a process that runs`, {
      hint: 'name another path, or end that process; for a VM: crosvm stop PATH',
    });
  }
  unlinkSync(path);
}

/**
 * The socket of a server in the file system: made with mode 0600 in place of one whose process has gone,
 * and removed at the end.
 */
export class SocketFile implements Disposable {
  private constructor(
    /** Where it is. */
    readonly path: string,
    readonly listener: UnixListener,
    /** The file's number: it may not be ours any more in the end. */
    private readonly inode: number,
  ) {}

  /**
   * Makes the socket.
   * @param given a path, or a directory in which it gets a name with the number of this process
   * @throws SocketPathError and others saying why not
   */
  static create(given: string): SocketFile {
    const isDirectory = statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
    const path = resolve(isDirectory ? join(given, socketName(process.pid)) : given);
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
      throw new SocketPathError(
        `${path} is too long for a socket: ${MAX_SOCKET_PATH} bytes are the limit of Linux`,
      );
    }
    const directory = dirname(path);
    try {
      return withLock(directory, () => {
        removeStale(path);
        const listener = UnixListener.bind(path, MODE);
        return new SocketFile(path, listener, statOf(path)?.ino ?? 0);
      });
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
      throw new SocketPathError(`no socket can be made in ${directory}`, {
        cause: error,
        hint: 'name a directory that is there, and that this user may write',
      });
    }
  }

  /** Its name without the directory. */
  get name(): string {
    return basename(this.path);
  }

  /** Removes it, if it is still there; nobody can connect any more. */
  [Symbol.dispose](): void {
    if (this.listener.fd.closed) {
      return;
    }
    try {
      if (statOf(this.path)?.ino === this.inode) {
        unlinkSync(this.path);
      }
    } catch {
      // A directory that was taken away, or made read-only, is none of our business.
    }
    this.listener[Symbol.dispose]();
  }
}
