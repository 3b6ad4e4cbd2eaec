/**
 * A guest-physical address in bytes: a non-negative integer below 2^53.
 * A plain number, because addresses are on the hot path and never reach 2^53.
 */
export type GuestAddress = number;

/** An address in this process, in bytes, as `mmap` gave it: a non-negative integer below 2^53. */
export type HostAddress = number;

/** Bytes of a page of every supported architecture. */
export const PAGE_SIZE = 4096;

/** 2^32: the weight of the upper half of a 64-bit number that is kept in a `number`. */
export const TWO_POW_32 = 0x1_0000_0000;

/**
 * Rounds `value` down to a multiple of `alignment`.
 * Works beyond 32 bits, so `alignment` may be any positive integer.
 */
export function alignDown(value: number, alignment: number): number {
  return value - (value % alignment);
}

/**
 * Rounds `value` up to a multiple of `alignment`.
 * Works beyond 32 bits, so `alignment` may be any positive integer.
 */
export function alignUp(value: number, alignment: number): number {
  return alignDown(value + alignment - 1, alignment);
}

/** Whether `value` is a multiple of `alignment`. */
export function isAligned(value: number, alignment: number): boolean {
  return value % alignment === 0;
}

/**
 * Whether `length` bytes at offset `at` lie inside `size` bytes; false too for anything that is
 * negative, fractional or NaN. Written so that no sum can wrap or lose precision.
 */
export function fits(at: number, length: number, size: number): boolean {
  return (
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(length) &&
    at >= 0 &&
    length >= 0 &&
    at <= size &&
    length <= size - at
  );
}
