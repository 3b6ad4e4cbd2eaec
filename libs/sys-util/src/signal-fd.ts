import { SFD_CLOEXEC, SFD_NONBLOCK, signalfd_siginfo } from './abi/signal';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { OwnedFd } from './owned-fd';
import type { SignalSet } from './signal-set';
import { check, Errno, SysError } from './sys-error';

/** A signal that was sent. */
export interface SignalInfo {
  readonly signal: number;
  /** The sender's process, 0 if the kernel sent it. */
  readonly pid: number;
  /** The sender's user. */
  readonly uid: number;
}

/** How a signalfd behaves. */
export interface SignalFdOptions {
  /** `read` answers `undefined` instead of waiting; default true. */
  readonly nonblock?: boolean;
}

/**
 * Signals to be read from a descriptor: `signalfd(2)`.
 *
 * It gives the signals that are pending for the thread which reads: those sent to that thread, and
 * those sent to the process that no thread takes first. Node has threads of its own that do, so for
 * the latter use `process.on`; this is for signals sent to a thread.
 */
export class SignalFd implements Disposable {
  readonly #info = signalfd_siginfo.allocate();

  private constructor(readonly fd: OwnedFd) {}

  /**
   * The reader must have blocked the signals; see `blockSignals`.
   * @throws SysError EMFILE, ENFILE
   */
  static create(set: SignalSet, { nonblock = true }: SignalFdOptions = {}): SignalFd {
    const flags = SFD_CLOEXEC | (nonblock ? SFD_NONBLOCK : 0);
    return new SignalFd(OwnedFd.adopt(check('signalfd', libc.signalfd(-1, set.bytes, flags))));
  }

  /** The descriptor's number. */
  get raw(): number {
    return this.fd.raw;
  }

  /**
   * Takes one signal; `undefined` if none is pending and it must not wait.
   * @throws SysError EBADF
   */
  read(): SignalInfo | undefined {
    const info = this.#info;
    if (libc.read(this.fd.raw, info.buffer, info.buffer.length) < 0) {
      const errno = lastErrno();
      if (errno === Errno.EAGAIN || errno === Errno.EINTR) {
        return undefined;
      }
      throw new SysError('read(signalfd)', errno);
    }
    return { signal: info.ssi_signo, pid: info.ssi_pid, uid: info.ssi_uid };
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}
