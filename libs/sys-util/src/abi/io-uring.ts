import { addr64, array, i32, struct, u16, u32, u64, u8 } from '@crosvm/data-model';

/* Source: io_uring_setup(2), io_uring_enter(2), linux/io_uring.h, asm-generic/unistd.h. */

export const __NR_io_uring_setup = 425;
export const __NR_io_uring_enter = 426;
export const __NR_io_uring_register = 427;

/** A submission. Where C has unions, the members are those of reads, writes and syncs. */
export const io_uring_sqe = struct('io_uring_sqe', {
  opcode: u8,
  flags: u8,
  ioprio: u16,
  fd: i32,
  off: addr64,
  addr: addr64,
  len: u32,
  rw_flags: u32,
  user_data: addr64,
  buf_index: u16,
  personality: u16,
  splice_fd_in: i32,
  addr3: u64,
  __pad2: array(u64, 1),
});

/** A completion. */
export const io_uring_cqe = struct('io_uring_cqe', { user_data: addr64, res: i32, flags: u32 });

/** Where the parts of the submission ring are in its mapping. */
export const io_sqring_offsets = struct('io_sqring_offsets', {
  head: u32,
  tail: u32,
  ring_mask: u32,
  ring_entries: u32,
  flags: u32,
  dropped: u32,
  array: u32,
  resv1: u32,
  resv2: u64,
});

/** Where the parts of the completion ring are in its mapping. */
export const io_cqring_offsets = struct('io_cqring_offsets', {
  head: u32,
  tail: u32,
  ring_mask: u32,
  ring_entries: u32,
  overflow: u32,
  cqes: u32,
  flags: u32,
  resv1: u32,
  resv2: u64,
});

export const io_uring_params = struct('io_uring_params', {
  sq_entries: u32,
  cq_entries: u32,
  flags: u32,
  sq_thread_cpu: u32,
  sq_thread_idle: u32,
  features: u32,
  wq_fd: u32,
  resv: array(u32, 3),
  sq_off: io_sqring_offsets,
  cq_off: io_cqring_offsets,
});

/** One thing that a ring may do once it is enabled. Where C has a union, the member is that of submissions. */
export const io_uring_restriction = struct('io_uring_restriction', {
  opcode: u16,
  sqe_op: u8,
  resv: u8,
  resv2: array(u32, 3),
});

export const IORING_SETUP_CQSIZE = 0x8;
export const IORING_SETUP_R_DISABLED = 0x40;
export const IORING_SETUP_TASKRUN_FLAG = 0x200;
export const IORING_SETUP_SINGLE_ISSUER = 0x1000;
export const IORING_SETUP_DEFER_TASKRUN = 0x2000;

export const IORING_FEAT_SINGLE_MMAP = 0x1;
export const IORING_FEAT_NODROP = 0x2;
export const IORING_FEAT_SUBMIT_STABLE = 0x4;

export const IORING_OFF_SQ_RING = 0;
export const IORING_OFF_SQES = 0x1000_0000;

export const IORING_OP_READV = 1;
export const IORING_OP_WRITEV = 2;
export const IORING_OP_FSYNC = 3;
export const IORING_OP_READ = 22;
export const IORING_OP_WRITE = 23;

export const IORING_FSYNC_DATASYNC = 0x1;

export const IORING_ENTER_GETEVENTS = 0x1;

export const IORING_SQ_CQ_OVERFLOW = 0x2;
export const IORING_SQ_TASKRUN = 0x4;
export const IORING_CQ_EVENTFD_DISABLED = 0x1;

export const IORING_REGISTER_EVENTFD = 4;
export const IORING_REGISTER_RESTRICTIONS = 11;
export const IORING_REGISTER_ENABLE_RINGS = 12;

export const IORING_RESTRICTION_SQE_OP = 1;
