import type { Iovecs } from '@crosvm/sys-util';

/**
 * Moves the first `length` bytes of one list to another, behind what is there. False if that has no
 * room for so many ranges; then some are moved.
 */
export function takeRanges(from: Iovecs, length: number, to: Iovecs): boolean {
  let left = length;
  for (let index = 0; left > 0; index += 1) {
    const bytes = Math.min(left, from.lengthOf(index));
    if (!to.push(from.addressOf(index), bytes)) {
      return false;
    }
    left -= bytes;
  }
  from.consume(length);
  return true;
}
