import type { ImageErrorCode } from '@crosvm/disk';

/** What is wrong with a disk. Stable: callers may branch on it. */
export type DiskErrorCode =
  /** Options that no disk can have. */
  | 'BAD_OPTIONS'
  | 'NOT_FOUND'
  /** A directory, a pipe, a terminal: neither a file nor a block device. */
  | 'NOT_A_DISK'
  /** It may not be opened as asked; the system's error is the `cause`. */
  | 'UNREADABLE'
  | 'UNWRITABLE'
  | 'EMPTY'
  /** Its size is not a whole number of blocks. */
  | 'BAD_SIZE'
  /** Somebody else has it open in a way that does not go with this one. */
  | 'LOCKED'
  /** Its file system knows no locks. */
  | 'NO_LOCKS'
  /** Its file system cannot go past the page cache. */
  | 'NO_DIRECT'
  /** What is wrong with an image that is not raw. */
  | ImageErrorCode;

/**
 * A disk that cannot be used. The message continues a sentence that begins with the name of the file:
 * "disk 'root.img'" + " " + "does not exist".
 */
export class DiskError extends Error {
  override readonly name = 'DiskError';

  constructor(
    readonly code: DiskErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
