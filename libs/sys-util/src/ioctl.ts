import type { Ioctl } from '@crosvm/data-model';

import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import { SysError } from './sys-error';

/**
 * Calls `ioctl(fd, request, argument)`; returns its non-negative result.
 * `argument` is the value itself, an address, or the bytes of a struct, which the kernel reads or
 * fills in place.
 * @throws RangeError if the bytes are fewer than the ioctl's number says
 * @throws SysError with the ioctl's name in `syscall`
 */
export function ioctl(
  fd: number,
  { name, request, size }: Ioctl,
  argument: number | Uint8Array = 0,
): number {
  let result: number;
  if (typeof argument === 'number') {
    result = libc.ioctlValue(fd, request, argument);
  } else {
    if (argument.length < size) {
      throw new RangeError(`${name} needs ${size} bytes, not ${argument.length}`);
    }
    result = libc.ioctl(fd, request, argument);
  }
  if (result < 0) {
    throw new SysError(`ioctl(${name})`, lastErrno());
  }
  return result;
}

/**
 * Calls an ioctl with an integer argument for a hot path: returns the result, or the negative errno.
 * Allocates nothing.
 */
export function ioctlRaw(fd: number, request: number, argument: number): number {
  const result = libc.ioctlValue(fd, request, argument);
  return result < 0 ? -lastErrno() : result;
}
