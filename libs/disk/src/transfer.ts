import { Errno, Iovecs } from '@crosvm/sys-util';

/** There is more to be done of a transfer. Neither 0 nor a negative errno. */
export const MORE = 1;

const NOTHING = new Iovecs(0);

/**
 * How far a read or write of an image is. Whoever does it makes a call for `iovecs` at `offset` of `fd`
 * and tells what came of it, as long as there is more.
 */
export class Transfer {
  /** What is left; used up by and by. */
  iovecs = NOTHING;
  /** Where it is, in bytes. */
  offset = 0;
  /** The descriptor to do it with. */
  fd = -1;

  /**
   * @param preferred the descriptor to begin with, which may be one with O_DIRECT
   * @param image a descriptor that takes any offsets, lengths and buffers
   */
  constructor(
    private readonly preferred: number,
    private readonly image: number,
  ) {}

  /** Begins with all of `iovecs` at `offset`: 0 if that is nothing at all, or MORE. */
  begin(iovecs: Iovecs, offset: number): number {
    this.iovecs = iovecs;
    this.offset = offset;
    this.fd = this.preferred;
    return iovecs.count > 0 ? MORE : 0;
  }

  /**
   * Takes what a call gave: bytes, or a negative errno. Returns 0 when all is done, MORE, or the
   * negative errno with which it failed.
   */
  advance(result: number): number {
    if (result === this.iovecs.total) {
      return 0;
    }
    if (result > 0) {
      // Fewer than asked for: a signal, more than 2 GiB, the end of the file, a full disk. The next
      // call says which.
      this.offset += result;
      this.iovecs.consume(result);
      return MORE;
    }
    if (result === -Errno.EINVAL && this.fd !== this.image) {
      // Offset, length or buffers do not suit O_DIRECT; the page cache takes any. The kernel keeps
      // the two in step.
      this.fd = this.image;
      return MORE;
    }
    if (result === -Errno.EINTR) {
      return MORE;
    }
    // Nothing more to be had, although it is inside the disk: somebody cut the file.
    return result === 0 ? -Errno.EIO : result;
  }
}
