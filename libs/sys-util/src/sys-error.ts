import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

import { lastErrno } from './ffi/bind';

/** errno values by name, as on this machine. */
export const Errno: Readonly<Record<keyof typeof constants.errno, number>> = constants.errno;

/** What Linux has and Node does not know. */
const MORE_ERRORS: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [77, ['EBADFD', 'file descriptor in bad state']],
]);

/** A system call that failed. */
export class SysError extends Error {
  override readonly name = 'SysError';
  /** The errno's name, such as `ENOENT`. */
  readonly code: string;

  /**
   * @param syscall what failed, such as `open` or `ioctl(KVM_CREATE_VM)`
   * @param errno the positive error number
   */
  constructor(
    readonly syscall: string,
    readonly errno: number,
  ) {
    const [code, text] = getSystemErrorMap().get(-errno) ??
      MORE_ERRORS.get(errno) ?? [`errno ${errno}`, 'unknown error'];
    super(`${syscall}: ${text} (${code})`);
    this.code = code;
  }
}

/**
 * The result of a system call, or the error it left in `errno`.
 * Call it with the call itself as argument: nothing may run in between.
 * @throws SysError if `result` is negative
 */
export function check(syscall: string, result: number): number {
  if (result < 0) {
    throw new SysError(syscall, lastErrno());
  }
  return result;
}

/**
 * Makes a system call again as long as a signal interrupts it.
 * @throws SysError with any errno but EINTR
 */
export function retry(syscall: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0) {
      return result;
    }
    const errno = lastErrno();
    if (errno !== Errno.EINTR) {
      throw new SysError(syscall, errno);
    }
  }
}
