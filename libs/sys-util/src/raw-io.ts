import type { HostAddress } from '@crosvm/data-model';

import {
  BLKDISCARD,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
} from './abi/files';
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

/** What BLKDISCARD takes: start and length. */
const discardRange = new BigUint64Array(2);
const discardBytes = new Uint8Array(discardRange.buffer);

/** Where sendfile reads. */
const fileOffset = new BigInt64Array(1);
const fileOffsetBytes = new Uint8Array(fileOffset.buffer);

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

/** `fdatasync(2)`; returns 0 or a negative errno. */
export function fdatasyncRaw(fd: number): number {
  return outcome(libc.fdatasync(fd));
}

/**
 * Gives the blocks of a range of a file back to the host; it reads as zeroes then. Offset and length
 * are in bytes; the file keeps its size. Returns 0 or a negative errno: EOPNOTSUPP where the file
 * system cannot.
 */
export function punchHoleRaw(fd: number, offset: number, length: number): number {
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return outcome(libc.fallocate(fd, mode, offset, length));
}

/**
 * Makes a range of a file read as zeroes, with blocks of its own and without writing them all. Offset
 * and length are in bytes; a file that ends before grows. Returns 0 or a negative errno: EOPNOTSUPP where
 * the file system cannot, EFBIG where the file would be larger than it may be.
 */
export function zeroRangeRaw(fd: number, offset: number, length: number): number {
  // Not FALLOC_FL_KEEP_SIZE, by which a device host could have blocks behind the end of its image: no limit
  // on the size of files holds for these.
  return outcome(libc.fallocate(fd, FALLOC_FL_ZERO_RANGE, offset, length));
}

/**
 * Tells a block device that the contents of a range are not needed any more; what it reads as then is
 * not said. Offset and length are in bytes. Returns 0 or a negative errno: EOPNOTSUPP where the device
 * cannot, EINVAL where its blocks are larger.
 */
export function discardRaw(fd: number, offset: number, length: number): number {
  discardRange[0] = BigInt(offset);
  discardRange[1] = BigInt(length);
  return outcome(libc.ioctl(fd, BLKDISCARD, discardBytes));
}

/**
 * `sendfile(2)`: copies up to `length` bytes at `offset` of the file `from` to where `to` is written next.
 * Returns the bytes copied, 0 at the end, or a negative errno.
 */
export function sendfileRaw(to: number, from: number, offset: number, length: number): number {
  fileOffset[0] = BigInt(offset);
  return outcome(libc.sendfile(to, from, fileOffsetBytes, length));
}

/** `getrandom(2)` to an address; returns the bytes written or a negative errno. */
export function getrandomRaw(address: HostAddress, length: number): number {
  return outcome(libc.getrandom(address, length, 0));
}
