import type { Iovecs } from '@crosvm/sys-util';

/**
 * What a disk's contents are kept in. Offsets and lengths are in bytes, inside the disk. Each call
 * answers 0 when all is done, or a negative errno, and then any part may be done.
 */
export interface Disk extends Partial<Disposable> {
  /** Reads from `offset` on into all of `iovecs`, which are used up. */
  read(iovecs: Iovecs, offset: number): number;
  /** Writes all of `iovecs`, which are used up, to `offset`. */
  write(iovecs: Iovecs, offset: number): number;
  /** Returns when all that was written is on the disk for good. */
  flush(): number;
  /** The range's contents are not needed any more; what it reads as then is not said. */
  discard(offset: number, length: number): number;
  /** The range reads as zeroes; `mayUnmap`: its room may be given back to the host. */
  writeZeroes(offset: number, length: number, mayUnmap: boolean): number;
  /** Nothing is asked for a while, or ever again: what is only in memory of what was done, is written. */
  settle?(): number;
}
