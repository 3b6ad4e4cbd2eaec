import type { HostAddress } from '@crosvm/data-model';

import { lastErrno } from './ffi/bind';
import { libc } from './ffi/libc';
import type { Iovecs } from './iovecs';

/*
 * I/O on addresses of this process, for the data path: nothing is copied through JavaScript, nothing
 * is allocated, and errors come back as negative errno values, because some of them (EAGAIN) are
 * ordinary there.
 *
 * SAFETY, for all of them: the caller took the addresses from a `Mapping` or from
 * `GuestMemory.hostAddress`, which checked the range, and that memory stays mapped.
 */

function outcome(result: number): number {
  return result < 0 ? -lastErrno() : result;
}

/** `read(2)` to an address; returns the bytes read, 0 at the end, or a negative errno. */
export function readRaw(fd: number, address: HostAddress, length: number): number {
  return outcome(libc.read(fd, address, length));
}

/** `write(2)` from an address; returns the bytes written or a negative errno. */
export function writeRaw(fd: number, address: HostAddress, length: number): number {
  return outcome(libc.write(fd, address, length));
}

/** `readv(2)`; returns the bytes read, 0 at the end, or a negative errno. */
export function readvRaw(fd: number, iovecs: Iovecs): number {
  return outcome(libc.readv(fd, iovecs.bytes, iovecs.count));
}

/** `writev(2)`; returns the bytes written or a negative errno. */
export function writevRaw(fd: number, iovecs: Iovecs): number {
  return outcome(libc.writev(fd, iovecs.bytes, iovecs.count));
}

/** `preadv(2)` at a file offset in bytes; returns the bytes read or a negative errno. */
export function preadvRaw(fd: number, iovecs: Iovecs, offset: number): number {
  return outcome(libc.preadv(fd, iovecs.bytes, iovecs.count, offset));
}

/** `pwritev(2)` at a file offset in bytes; returns the bytes written or a negative errno. */
export function pwritevRaw(fd: number, iovecs: Iovecs, offset: number): number {
  return outcome(libc.pwritev(fd, iovecs.bytes, iovecs.count, offset));
}
