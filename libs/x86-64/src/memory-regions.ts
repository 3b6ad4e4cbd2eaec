import { alignUp, type GuestAddress, isAligned, PAGE_SIZE } from '@crosvm/data-model';
import type { MemoryRange } from '@crosvm/sys-util';

import { HIGH_MEMORY_START, HOLE_END, HOLE_START, SHARED_MEMORY_SIZE } from './layout';

/** Less than this holds our tables and nothing else. */
export const MIN_MEMORY_SIZE = 2 * HIGH_MEMORY_START;

/** 64 TiB: what Linux can map with four levels of page tables (MAX_PHYSMEM_BITS). */
export const MAX_MEMORY_SIZE = 2 ** 46;

/**
 * Where a guest with `size` bytes has its memory: below the 32-bit hole, and what does not fit
 * there above 4 GiB.
 * @throws RangeError if `size` is not whole pages, or out of proportion
 */
export function memoryRegions(size: number): MemoryRange[] {
  if (!(size >= MIN_MEMORY_SIZE && size <= MAX_MEMORY_SIZE && isAligned(size, PAGE_SIZE))) {
    throw new RangeError(`a guest cannot have ${size} bytes of memory`);
  }
  const low = { at: 0, size: Math.min(size, HOLE_START) };
  return size > low.size ? [low, { at: HOLE_END, size: size - low.size }] : [low];
}

/**
 * Where devices show memory to a guest whose own memory ends at `memoryEnd`. It begins at a whole GiB, so that a
 * guest can map it by large pages.
 */
export function sharedMemoryWindow(memoryEnd: GuestAddress): MemoryRange {
  return {
    at: alignUp(Math.max(memoryEnd, HOLE_END), SHARED_MEMORY_SIZE),
    size: SHARED_MEMORY_SIZE,
  };
}
