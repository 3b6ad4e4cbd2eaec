import { addr64, array, i32, i64, iowr, struct, u16, u32, u64 } from '@crosvm/data-model';

/** Operations and flags of seccomp(2). Source: linux/seccomp.h. */
export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_FILTER_FLAG_TSYNC = 1;
export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
export const SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16;
export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;

/** What a filter sees of a system call. */
export const seccomp_data = struct('seccomp_data', {
  nr: i32,
  arch: u32,
  instruction_pointer: u64,
  args: array(u64, 6),
});

/** A system call that a supervisor is asked about. */
export const seccomp_notif = struct('seccomp_notif', {
  id: u64,
  pid: u32,
  flags: u32,
  data: seccomp_data,
});

/** The supervisor's answer. */
export const seccomp_notif_resp = struct('seccomp_notif_resp', {
  id: u64,
  val: i64,
  error: i32,
  flags: u32,
});

/** A filter program. Source: linux/filter.h. */
export const sock_fprog = struct('sock_fprog', { len: u16, filter: addr64 });

const SECCOMP_IOC_MAGIC = 0x21;
export const SECCOMP_IOCTL_NOTIF_RECV = iowr(
  'SECCOMP_IOCTL_NOTIF_RECV',
  SECCOMP_IOC_MAGIC,
  0,
  seccomp_notif,
);
export const SECCOMP_IOCTL_NOTIF_SEND = iowr(
  'SECCOMP_IOCTL_NOTIF_SEND',
  SECCOMP_IOC_MAGIC,
  1,
  seccomp_notif_resp,
);
