import { Errno, ioctl, type OwnedFd, SysError } from '@crosvm/sys-util';

import {
  seccomp_notif,
  seccomp_notif_resp,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_USER_NOTIF_FLAG_CONTINUE,
} from '../abi';

/** A system call that a filter asks about. The thread that made it waits. */
export interface AskedCall {
  /** For the answer. */
  readonly id: bigint;
  /** The thread, as it is called here. */
  readonly pid: number;
  readonly nr: number;
  /** AUDIT_ARCH_ of the call. */
  readonly arch: number;
  readonly args: readonly bigint[];
}

/**
 * The supervisor's end of a filter that asks (SECCOMP_RET_USER_NOTIF). The descriptor is readable when
 * there is a call to be answered; one that is never answered is never made.
 */
export class SeccompListener implements Disposable {
  readonly #fd: OwnedFd;
  readonly #call = seccomp_notif.allocate();
  readonly #answer = seccomp_notif_resp.allocate();

  private constructor(fd: OwnedFd) {
    this.#fd = fd;
  }

  /** Takes over the descriptor that `installFilterWithListener` gave. */
  static adopt(fd: OwnedFd): SeccompListener {
    return new SeccompListener(fd);
  }

  /** The descriptor, to wait for. */
  get raw(): number {
    return this.#fd.raw;
  }

  /**
   * The next call; waits for one. Undefined if whoever made it is gone already.
   * @throws SysError
   */
  receive(): AskedCall | undefined {
    // The kernel wants it empty.
    this.#call.buffer.fill(0);
    try {
      ioctl(this.#fd.raw, SECCOMP_IOCTL_NOTIF_RECV, this.#call.buffer);
    } catch (error) {
      if (error instanceof SysError && [Errno.ENOENT, Errno.EINTR].includes(error.errno)) {
        return undefined;
      }
      throw error;
    }
    const { id, pid, data } = this.#call;
    const args = Array.from({ length: 6 }, (_, index) => data.args.get(index));
    return { id, pid, nr: data.nr, arch: data.arch, args };
  }

  /** Lets the kernel do the call after all. */
  allow(id: bigint): void {
    this.#send(id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  }

  /** Lets the call fail. */
  refuse(id: bigint, errno: number): void {
    this.#send(id, -errno, 0);
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }

  #send(id: bigint, error: number, flags: number): void {
    const answer = this.#answer;
    answer.id = id;
    answer.val = 0n;
    answer.error = error;
    answer.flags = flags;
    try {
      ioctl(this.#fd.raw, SECCOMP_IOCTL_NOTIF_SEND, answer.buffer);
    } catch (error_) {
      // It was killed meanwhile.
      if (!(error_ instanceof SysError && error_.errno === Errno.ENOENT)) {
        throw error_;
      }
    }
  }
}
