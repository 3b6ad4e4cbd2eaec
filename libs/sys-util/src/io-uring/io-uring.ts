import { type HostAddress, TWO_POW_32 } from '@crosvm/data-model';

import {
  __NR_io_uring_enter,
  io_uring_cqe,
  io_uring_sqe,
  IORING_CQ_EVENTFD_DISABLED,
  IORING_ENTER_GETEVENTS,
  IORING_FSYNC_DATASYNC,
  IORING_OP_FSYNC,
  IORING_OP_READ,
  IORING_OP_READV,
  IORING_OP_WRITE,
  IORING_OP_WRITEV,
  IORING_SQ_CQ_OVERFLOW,
  IORING_SQ_TASKRUN,
} from '../abi/io-uring';
import { iovec } from '../abi/socket';
import { EventFd } from '../event-fd';
import { lastErrno } from '../ffi/bind';
import { libc } from '../ffi/libc';
import type { Iovecs } from '../iovecs';
import { Mapping } from '../mapping';
import { Errno } from '../sys-error';
import { enableRing, type RawRing, registerEventFd, setUpRing } from './set-up';

type Sqe = ReturnType<typeof io_uring_sqe.over>;

/** All that a ring can be asked for. */
const OPCODES = [
  IORING_OP_READ,
  IORING_OP_READV,
  IORING_OP_WRITE,
  IORING_OP_WRITEV,
  IORING_OP_FSYNC,
] as const;

/** How large a ring is. */
export interface IoUringOptions {
  /** Most operations at a time: a power of two, at most 32768. */
  readonly operations: number;
  /** Most ranges of memory that one operation can have. */
  readonly ranges: number;
}

/**
 * Asynchronous reads, writes and syncs: `io_uring(7)`, with both rings in memory shared with the
 * kernel, so that any number of operations begin and end with one system call.
 *
 *     this thread                                                          kernel
 *     readv(), writev(), fdatasync()  -> [sqe][sqe] .. tail --- enter() --> takes them from head
 *     next(): token, result           <- [cqe][cqe] .. head <-------------- tail, `event` signalled
 *
 * An operation is named by its token, a number below `operations` that no other operation has which
 * is not complete. So there is always room in both rings, and nothing is allocated. The kernel lets a
 * ring do these operations and no others, whoever fills it, so it is no way round a seccomp filter. One
 * thread makes and uses a ring. The memory of an operation and the file behind its descriptor stay as they are
 * until it is complete.
 */
export class IoUring implements Disposable {
  /** Signalled when something is complete, except while it is quiet. It need not be read. */
  readonly event: EventFd;
  /** Of the completion that `next` took: its operation. */
  token = 0;
  /** Of the completion that `next` took: bytes, or 0, or a negative errno. */
  result = 0;

  readonly #ring: RawRing;
  /** Of each token, room for the ranges of its operation. */
  readonly #iovecs: Mapping;
  readonly #iovecWords: Uint32Array;
  readonly #ranges: number;
  /** Both rings, in 32-bit words, and where in it things are. */
  readonly #words: Int32Array;
  readonly #sqTail: number;
  readonly #sqFlags: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqFlags: number;
  readonly #sqe: Sqe;
  readonly #sqMask: number;
  readonly #cqe: ReturnType<typeof io_uring_cqe.over>;
  readonly #cqes: number;
  readonly #cqMask: number;
  /** Indices that run freely modulo 2^32; the kernel's copies follow. */
  #tail = 0;
  #head = 0;
  #pending = 0;
  #open = true;

  private constructor(ring: RawRing, event: EventFd, { operations, ranges }: IoUringOptions) {
    const { params, rings, sqes } = ring;
    const { sq_off, cq_off } = params;
    this.#ring = ring;
    this.event = event;
    this.#ranges = ranges;
    this.#iovecs = Mapping.anonymous(operations * ranges * iovec.size);
    this.#iovecWords = wordsOf(this.#iovecs, Uint32Array);
    const words = wordsOf(rings, Int32Array);
    this.#words = words;
    this.#sqTail = sq_off.tail / 4;
    this.#sqFlags = sq_off.flags / 4;
    this.#cqHead = cq_off.head / 4;
    this.#cqTail = cq_off.tail / 4;
    this.#cqFlags = cq_off.flags / 4;
    this.#cqes = cq_off.cqes;
    this.#sqMask = params.sq_entries - 1;
    this.#cqMask = params.cq_entries - 1;
    this.#sqe = io_uring_sqe.over(viewOf(sqes), 0);
    this.#cqe = io_uring_cqe.over(viewOf(rings), 0);
    // The kernel takes submissions in the order of this list of indices: that in which they are.
    const list = sq_off.array / 4;
    for (let index = 0; index < params.sq_entries; index += 1) {
      words[list + index] = index;
    }
  }

  /**
   * Makes a ring. It is quiet at first.
   * @throws SysError ENOSYS, EOPNOTSUPP, EINVAL (too old: before Linux 5.10 it could not be
   *   restricted), EPERM (not allowed), EMFILE, ENFILE, ENOMEM; EINVAL for a size that cannot be
   */
  static create(options: IoUringOptions): IoUring {
    const raw = setUpRing(options.operations);
    try {
      const event = EventFd.create();
      try {
        registerEventFd(raw.fd.raw, event.raw);
        enableRing(raw.fd.raw, OPCODES);
        const ring = new IoUring(raw, event, options);
        ring.quiet();
        return ring;
      } catch (error) {
        event[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      release(raw);
      throw error;
    }
  }

  /** Operations that the kernel was not told of yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Reads into all of `iovecs`, one at least, from `offset` of a file: as `preadv(2)`. */
  readv(token: number, fd: number, iovecs: Iovecs, offset: number): void {
    this.#transfer(token, iovecs, offset);
    this.#submit(iovecs.count === 1 ? IORING_OP_READ : IORING_OP_READV, fd, token);
  }

  /** Writes all of `iovecs`, one at least, to `offset` of a file: as `pwritev(2)`. */
  writev(token: number, fd: number, iovecs: Iovecs, offset: number): void {
    this.#transfer(token, iovecs, offset);
    this.#submit(iovecs.count === 1 ? IORING_OP_WRITE : IORING_OP_WRITEV, fd, token);
  }

  /**
   * Makes all writes that are complete durable: as `fdatasync(2)`. There is no order between
   * operations that are on their way.
   */
  fdatasync(token: number, fd: number): void {
    const sqe = this.#nextSqe();
    sqe.off = 0;
    sqe.addr = 0;
    sqe.len = 0;
    sqe.rw_flags = IORING_FSYNC_DATASYNC;
    this.#submit(IORING_OP_FSYNC, fd, token);
  }

  /**
   * Tells the kernel of what is pending, lets it finish what it can, and waits until `wait` operations
   * are complete, which must be on their way, or a signal comes. Returns 0, or the negative errno with which the kernel
   * took no more: -EAGAIN (short of memory), -EBUSY (take completions first). Then some may be pending.
   */
  // SAFETY: the addresses in the ring are those of iovecs, whose maker checked them, and of #iovecs.
  enter(wait: number): number {
    do {
      const taken = libc.io_uring_enter(
        __NR_io_uring_enter,
        this.#ring.fd.raw,
        this.#pending,
        wait,
        IORING_ENTER_GETEVENTS,
        0,
        0,
      );
      if (taken >= 0) {
        this.#pending -= taken;
        if (taken === 0 && this.#pending > 0) {
          return -Errno.EAGAIN;
        }
      } else {
        const errno = lastErrno();
        if (errno !== Errno.EINTR) {
          return -errno;
        }
      }
      // Fewer than asked for were taken, or a signal came: then it did not wait either.
    } while (this.#pending > 0);
    return 0;
  }

  /** Takes the next completion, and sets `token` and `result`. False if there is none. */
  next(): boolean {
    const head = this.#head;
    if (head === Atomics.load(this.#words, this.#cqTail)) {
      return false;
    }
    const cqe = this.#cqe.rebase(this.#cqes + (head & this.#cqMask) * io_uring_cqe.size);
    // As an integer, which is not boxed.
    this.token = cqe.user_data | 0;
    this.result = cqe.res;
    this.#head = (head + 1) | 0;
    // The kernel may use the entry again from here on.
    Atomics.store(this.#words, this.#cqHead, this.#head);
    return true;
  }

  /** Whether `next` would take one. */
  get hasCompletions(): boolean {
    return Atomics.load(this.#words, this.#cqTail) !== this.#head;
  }

  /** Whether `enter` would find something to finish, besides what is pending. */
  get hasWork(): boolean {
    const flags = Atomics.load(this.#words, this.#sqFlags);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !== 0;
  }

  /** Does not signal `event` from now on: for as long as completions are looked for anyway. */
  quiet(): void {
    Atomics.store(this.#words, this.#cqFlags, IORING_CQ_EVENTFD_DISABLED);
  }

  /**
   * Signals `event` again from now on. True if something came meanwhile, for which it was not
   * signalled: go on then.
   */
  listen(): boolean {
    Atomics.store(this.#words, this.#cqFlags, 0);
    // The kernel adds first and looks at the wish afterwards; here it is the other way round.
    return this.hasWork || this.hasCompletions;
  }

  /** Gives everything back. Nothing may be on its way: see `enter`. */
  [Symbol.dispose](): void {
    if (this.#open) {
      this.#open = false;
      release(this.#ring);
      this.event[Symbol.dispose]();
      this.#iovecs.unmap();
    }
  }

  /** Fills the next submission. No address is an argument: a call that is not inlined would box it. */
  #transfer(token: number, iovecs: Iovecs, offset: number): void {
    const { count } = iovecs;
    const sqe = this.#nextSqe();
    if (count === 1) {
      sqe.addr = iovecs.addressOf(0);
      sqe.len = iovecs.lengthOf(0);
    } else {
      sqe.addr = this.#copyRanges(token, iovecs);
      sqe.len = count;
    }
    sqe.off = offset;
    sqe.rw_flags = 0;
  }

  /** Puts the ranges where the kernel finds them; returns that address. */
  #copyRanges(token: number, iovecs: Iovecs): HostAddress {
    const { count } = iovecs;
    if (count === 0 || count > this.#ranges) {
      throw new RangeError(`${count} ranges in a ring for 1 to ${this.#ranges}`);
    }
    const first = token * this.#ranges * iovec.size;
    let at = first / 4;
    for (let index = 0; index < count; index += 1) {
      this.#setPair(at, iovecs.addressOf(index));
      this.#setPair(at + 2, iovecs.lengthOf(index));
      at += iovec.size / 4;
    }
    return this.#iovecs.address + first;
  }

  #setPair(at: number, value: number): void {
    // A store to the array takes a number modulo 2^32 and without its fraction.
    this.#iovecWords[at] = value;
    this.#iovecWords[at + 1] = value / TWO_POW_32;
  }

  #nextSqe(): Sqe {
    return this.#sqe.rebase((this.#tail & this.#sqMask) * io_uring_sqe.size);
  }

  /** Hands over the submission that was filled. What is not named stays zero for ever. */
  #submit(opcode: number, fd: number, token: number): void {
    const sqe = this.#sqe;
    sqe.opcode = opcode;
    sqe.fd = fd;
    sqe.user_data = token;
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.#words, this.#sqTail, this.#tail);
    this.#pending += 1;
  }
}

function release({ fd, rings, sqes }: RawRing): void {
  rings.unmap();
  sqes.unmap();
  fd.close();
}

function viewOf({ bytes }: Mapping): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function wordsOf<Words>(
  { bytes }: Mapping,
  Kind: new (buffer: ArrayBufferLike, at: number, length: number) => Words,
): Words {
  return new Kind(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
