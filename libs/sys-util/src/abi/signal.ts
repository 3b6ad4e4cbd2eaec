import { array, i32, struct, u16, u32, u64, u8 } from '@crosvm/data-model';

/** What a read of a signalfd gives. Source: linux/signalfd.h. */
export const signalfd_siginfo = struct('signalfd_siginfo', {
  ssi_signo: u32,
  ssi_errno: i32,
  ssi_code: i32,
  ssi_pid: u32,
  ssi_uid: u32,
  ssi_fd: i32,
  ssi_tid: u32,
  ssi_band: u32,
  ssi_overrun: u32,
  ssi_trapno: u32,
  ssi_status: i32,
  ssi_int: i32,
  ssi_ptr: u64,
  ssi_utime: u64,
  ssi_stime: u64,
  ssi_addr: u64,
  ssi_addr_lsb: u16,
  __pad2: u16,
  ssi_syscall: i32,
  ssi_call_addr: u64,
  ssi_arch: u32,
  __pad: array(u8, 28),
});

export const SFD_NONBLOCK = 0o4000;
export const SFD_CLOEXEC = 0o2000000;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;
