import type { SyscallArch } from '@crosvm/syscall-defines';

/** `AUDIT_ARCH_*` of linux/audit.h: what `seccomp_data.arch` is for a call of the 64-bit ABI. */
export const AUDIT_ARCH: Readonly<Record<SyscallArch, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};

/** `__X32_SYSCALL_BIT` of asm/unistd.h: calls of x86_64's ABI with 32-bit pointers have it. */
export const X32_SYSCALL_BIT = 0x4000_0000;

/** `SECCOMP_RET_*` of linux/seccomp.h: the upper half of what a filter returns. */
export const SECCOMP_RET = {
  KILL_PROCESS: 0x8000_0000,
  KILL_THREAD: 0,
  TRAP: 0x0003_0000,
  ERRNO: 0x0005_0000,
  USER_NOTIF: 0x7fc0_0000,
  TRACE: 0x7ff0_0000,
  LOG: 0x7ffc_0000,
  ALLOW: 0x7fff_0000,
} as const;

const ACTION_MASK = 0xffff_0000;
const DATA_MASK = 0xffff;

/** Larger ones the kernel takes for this one. */
export const MAX_ERRNO = 4095;

/** What the kernel does with a call. */
export type SeccompAction =
  | { readonly kind: 'errno'; readonly errno: number }
  | { readonly kind: 'trap' | 'trace'; readonly data: number }
  | { readonly kind: 'kill-process' | 'kill-thread' | 'notify' | 'log' | 'allow' };

/** Offsets into `struct seccomp_data`, and its size. */
export const SECCOMP_DATA = { NR: 0, ARCH: 4, INSTRUCTION_POINTER: 8, ARGS: 16, SIZE: 64 } as const;

/** Offset of the lower half of argument `index`; both architectures are little endian. */
export function lowWord(index: number): number {
  return SECCOMP_DATA.ARGS + 8 * index;
}

/** Offset of the upper half of argument `index`. */
export function highWord(index: number): number {
  return lowWord(index) + 4;
}

/** What the return value of a filter means; values that the kernel does not know kill the process. */
export function decodeAction(value: number): SeccompAction {
  const data = value & DATA_MASK;
  switch ((value & ACTION_MASK) >>> 0) {
    case SECCOMP_RET.ALLOW:
      return { kind: 'allow' };
    case SECCOMP_RET.LOG:
      return { kind: 'log' };
    case SECCOMP_RET.TRACE:
      return { kind: 'trace', data };
    case SECCOMP_RET.USER_NOTIF:
      return { kind: 'notify' };
    case SECCOMP_RET.ERRNO:
      return { kind: 'errno', errno: Math.min(data, MAX_ERRNO) };
    case SECCOMP_RET.TRAP:
      return { kind: 'trap', data };
    case SECCOMP_RET.KILL_THREAD:
      return { kind: 'kill-thread' };
    default:
      return { kind: 'kill-process' };
  }
}
