import {
  __NR_io_uring_register,
  __NR_io_uring_setup,
  io_uring_cqe,
  io_uring_params,
  io_uring_restriction,
  io_uring_sqe,
  IORING_FEAT_NODROP,
  IORING_FEAT_SINGLE_MMAP,
  IORING_FEAT_SUBMIT_STABLE,
  IORING_OFF_SQ_RING,
  IORING_OFF_SQES,
  IORING_REGISTER_ENABLE_RINGS,
  IORING_REGISTER_EVENTFD,
  IORING_REGISTER_RESTRICTIONS,
  IORING_RESTRICTION_SQE_OP,
  IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_R_DISABLED,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_TASKRUN_FLAG,
} from '../abi/io-uring';
import { libc } from '../ffi/libc';
import { Mapping } from '../mapping';
import { OwnedFd } from '../owned-fd';
import { check, Errno, SysError } from '../sys-error';

/** What all kernels since 5.5 can, and what this is built on. */
const NEEDED = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE;

/**
 * The kernel finishes requests when this thread asks it to, instead of interrupting whatever the
 * thread does. Linux 6.1.
 */
const DEFERRED =
  IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;

/** A ring as the kernel made it. */
export interface RawRing {
  readonly fd: OwnedFd;
  readonly params: ReturnType<typeof io_uring_params.allocate>;
  /** Both rings. */
  readonly rings: Mapping;
  /** The submissions themselves. */
  readonly sqes: Mapping;
}

/**
 * Makes a ring with `entries` submissions, a power of two, and twice as many completions. It does
 * nothing until it is enabled.
 * @throws SysError ENOSYS, EOPNOTSUPP (too old), EPERM (not allowed), EMFILE, ENFILE, ENOMEM
 */
export function setUpRing(entries: number): RawRing {
  const params = io_uring_params.allocate();
  const fd = makeRing(entries, params);
  try {
    if ((params.features & NEEDED) !== NEEDED) {
      throw new SysError('io_uring_setup', Errno.EOPNOTSUPP);
    }
    const sqEnd = params.sq_off.array + 4 * params.sq_entries;
    const cqEnd = params.cq_off.cqes + io_uring_cqe.size * params.cq_entries;
    const size = Math.max(sqEnd, cqEnd);
    const rings = Mapping.ofFd(fd.raw, { size, offset: IORING_OFF_SQ_RING });
    const sqesSize = io_uring_sqe.size * params.sq_entries;
    return { fd, params, rings, sqes: mapOrUndo(fd.raw, sqesSize, rings) };
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** @throws SysError EBADF, EMFILE */
export function registerEventFd(ring: number, eventFd: number): void {
  const argument = new Uint8Array(Int32Array.of(eventFd).buffer);
  register(ring, IORING_REGISTER_EVENTFD, argument, 1);
}

/**
 * Enables a ring, for operations with these opcodes and without flags only. Nothing more can be
 * registered either. So whoever takes over this process cannot have the ring do what a seccomp filter
 * forbids, which does not see it.
 * @throws SysError EBADF; EINVAL before Linux 5.10, where no ring can be made that is to be restricted
 */
export function enableRing(ring: number, opcodes: readonly number[]): void {
  const { size } = io_uring_restriction;
  const restrictions = new Uint8Array(size * opcodes.length);
  opcodes.forEach((sqe_op, index) => {
    const restriction = io_uring_restriction.from({ opcode: IORING_RESTRICTION_SQE_OP, sqe_op });
    restrictions.set(restriction, size * index);
  });
  register(ring, IORING_REGISTER_RESTRICTIONS, restrictions, opcodes.length);
  register(ring, IORING_REGISTER_ENABLE_RINGS, null, 0);
}

function register(ring: number, what: number, argument: Uint8Array | null, count: number): void {
  const result = libc.io_uring_register(__NR_io_uring_register, ring, what, argument, count);
  check('io_uring_register', result);
}

function makeRing(entries: number, params: RawRing['params']): OwnedFd {
  try {
    return callSetUp(entries, params, DEFERRED);
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== Errno.EINVAL) {
      throw error;
    }
    return callSetUp(entries, params, 0);
  }
}

function callSetUp(entries: number, params: RawRing['params'], flags: number): OwnedFd {
  params.buffer.fill(0);
  params.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
  params.cq_entries = 2 * entries;
  return OwnedFd.adopt(
    check('io_uring_setup', libc.io_uring_setup(__NR_io_uring_setup, entries, params.buffer)),
  );
}

function mapOrUndo(fd: number, size: number, rings: Mapping): Mapping {
  try {
    return Mapping.ofFd(fd, { size, offset: IORING_OFF_SQES });
  } catch (error) {
    rings.unmap();
    throw error;
  }
}
