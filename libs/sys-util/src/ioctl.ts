import type { Ioctl } from '@crosvm/data-model';

import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { retry } from './sys-error';

/**
 * Calls `ioctl(fd, request, argument)`; returns its non-negative result.
 * `argument` is the value itself, an address, or the bytes of a struct, which the kernel reads or
 * fills in place. A call that a signal interrupts is made again: KVM_CREATE_VM, for one, can be.
 * @throws RangeError if the bytes are fewer than the ioctl's number says
 * @throws SysError with the ioctl's name in `syscall`
 */
export function ioctl(
  fd: number,
  { name, request, size }: Ioctl,
  argument: number | Uint8Array = 0,
): number {
  if (typeof argument === 'number') {
    return retry(`ioctl(${name})`, () => libc.ioctlValue(fd, request, argument));
  }
  if (argument.length < size) {
    throw new RangeError(`${name} needs ${size} bytes, not ${argument.length}`);
  }
  return retry(`ioctl(${name})`, () => libc.ioctl(fd, request, argument));
}

/**
 * Calls an ioctl with an integer argument for a hot path: returns the result, or the negative errno.
 * Allocates nothing.
 */
export function ioctlRaw(fd: number, request: number, argument: number): number {
  const result = libc.ioctlValue(fd, request, argument);
  return result < 0 ? -lastErrno() : result;
}
