import { alignUp, PAGE_SIZE } from '@crosvm/data-model';

import {
  cmsghdr,
  iovec,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  msghdr,
  SCM_RIGHTS,
  SOL_SOCKET,
} from './abi/socket';
import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { Mapping } from './mapping';
import { OwnedFd } from './owned-fd';

/** Most descriptors that Linux passes with one message (SCM_MAX_FD). */
export const MAX_FDS_PER_MESSAGE = 253;

const FD_BYTES = 4;
const IOVEC_AT = alignUp(msghdr.size, iovec.align);
const CONTROL_AT = alignUp(IOVEC_AT + iovec.size, cmsghdr.align);

/** Bytes of a control message that carries `count` descriptors: `CMSG_LEN`. */
function controlLength(count: number): number {
  return cmsghdr.size + FD_BYTES * count;
}

/**
 * A message with descriptors, as `sendmsg(2)` and `recvmsg(2)` take it, in memory that does not move:
 * a header, a control message, and the data in `bytes`.
 */
export class MessageBuffer implements Disposable {
  /** The message's data, as many bytes as it may have. */
  readonly bytes: Uint8Array;
  readonly #memory: Mapping;
  readonly #header;
  readonly #range;
  readonly #control;
  readonly #controlView: DataView;

  /**
   * @param maxBytes most bytes of data in a message
   * @param maxFds most descriptors that a message brings; 0 to MAX_FDS_PER_MESSAGE
   * @throws RangeError if that is too many
   */
  constructor(
    maxBytes: number,
    private readonly maxFds: number,
  ) {
    if (!(maxFds >= 0 && maxFds <= MAX_FDS_PER_MESSAGE)) {
      throw new RangeError(`${maxFds} descriptors in a message`);
    }
    const dataAt = alignUp(CONTROL_AT + controlLength(MAX_FDS_PER_MESSAGE), PAGE_SIZE);
    this.#memory = Mapping.anonymous(dataAt + maxBytes);
    const head = this.#memory.view(0, dataAt).buffer;
    this.#header = msghdr.at(head);
    this.#range = iovec.at(head, IOVEC_AT);
    this.#control = cmsghdr.at(head, CONTROL_AT);
    this.#controlView = new DataView(head);
    this.#header.msg_iov = this.#memory.address + IOVEC_AT;
    this.#header.msg_iovlen = 1;
    this.#range.iov_base = this.#memory.address + dataAt;
    this.bytes = this.#memory.view(dataAt, maxBytes);
  }

  /**
   * Sends the first `length` bytes of data with these descriptors, which stay the sender's too.
   * Returns the bytes sent or a negative errno; a peer that is gone is EPIPE, never a signal.
   * @param flags MSG_DONTWAIT or 0
   */
  send(socket: number, length: number, fds: readonly number[], flags: number): number {
    this.#range.iov_len = length;
    this.#setControl(fds.length === 0 ? 0 : controlLength(fds.length));
    if (fds.length > 0) {
      const control = this.#control;
      control.cmsg_len = controlLength(fds.length);
      control.cmsg_level = SOL_SOCKET;
      control.cmsg_type = SCM_RIGHTS;
      fds.forEach((fd, index) => {
        this.#controlView.setInt32(CONTROL_AT + controlLength(index), fd, true);
      });
    }
    // SAFETY: the header names this object's memory, which holds `length` bytes of data.
    const result = libc.sendmsg(socket, this.#memory.address, flags | MSG_NOSIGNAL);
    return result < 0 ? -lastErrno() : result;
  }

  /**
   * Receives a message into `bytes`. Returns its length or a negative errno.
   * Call `takeFds` and `truncation` afterwards.
   * @param flags MSG_DONTWAIT or 0
   * @param length most bytes that are wanted of a stream
   */
  receive(socket: number, flags: number, length = this.bytes.length): number {
    this.#range.iov_len = length;
    // Not rounded up as CMSG_SPACE would be: the kernel would fill the padding with a descriptor.
    this.#setControl(this.maxFds === 0 ? 0 : controlLength(this.maxFds));
    // SAFETY: the header names this object's memory and how much of it there is.
    const result = libc.recvmsg(socket, this.#memory.address, flags | MSG_CMSG_CLOEXEC);
    return result < 0 ? -lastErrno() : result;
  }

  /** The descriptors of the message just received; the caller owns them. */
  takeFds(): OwnedFd[] {
    const control = this.#control;
    const { msg_controllen: filled } = this.#header;
    if (
      filled < cmsghdr.size ||
      control.cmsg_level !== SOL_SOCKET ||
      control.cmsg_type !== SCM_RIGHTS
    ) {
      return [];
    }
    const count = Math.floor((control.cmsg_len - cmsghdr.size) / FD_BYTES);
    return Array.from({ length: count }, (_, index) =>
      OwnedFd.adopt(this.#controlView.getInt32(CONTROL_AT + controlLength(index), true)),
    );
  }

  /** What of the message just received did not fit and is lost. */
  get truncation(): 'bytes' | 'descriptors' | undefined {
    const { msg_flags: flags } = this.#header;
    if ((flags & MSG_TRUNC) !== 0) {
      return 'bytes';
    }
    return (flags & MSG_CTRUNC) === 0 ? undefined : 'descriptors';
  }

  /** Frees the memory: nothing of the object may be used any more. */
  [Symbol.dispose](): void {
    this.#memory.unmap();
  }

  #setControl(length: number): void {
    this.#header.msg_control = length === 0 ? 0 : this.#memory.address + CONTROL_AT;
    this.#header.msg_controllen = length;
    this.#header.msg_flags = 0;
  }
}
