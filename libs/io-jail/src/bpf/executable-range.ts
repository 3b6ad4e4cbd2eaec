import type { Assembler, Code } from './assembler';
import { comparisonCode, type Exits } from './comparison-code';
import { BPF, FilterError } from './instruction';
import { highWord, lowWord } from './seccomp';

/** Addresses from `start` (included) to `end` (not included), both multiples of 4096 up to 2^47. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

/** Calls that can make memory executable after it was mapped: `address, length, protection, ...`. */
export const PROTECT_CALLS: ReadonlySet<string> = new Set(['mprotect', 'pkey_mprotect']);

/**
 * PROT_READ, PROT_WRITE and PROT_EXEC: what may be asked for in the range. PROT_GROWSDOWN and
 * PROT_GROWSUP reach beyond the addresses that a call names.
 */
const PROTECTIONS = 7n;

const PAGE = 4096;
const END_OF_USER_SPACE = 2 ** 47;
const HALF = 2 ** 32;

const ADDRESS = 0;
const LENGTH = 1;
const PROTECTION = 2;

/** @throws FilterError if it is no range of whole pages of user space */
export function checkRange({ start, end }: AddressRange): void {
  const fits = [start, end].every((at) => Number.isSafeInteger(at) && at >= 0 && at % PAGE === 0);
  if (!fits || start >= end || end > END_OF_USER_SPACE) {
    throw new FilterError(`${start} to ${end} are no whole pages of user space`);
  }
}

/** Code that leaves the sum of two words of seccomp_data in A, 32 bits of it. */
function addWords(
  assembler: Assembler,
  [first, second]: readonly [number, number],
  next: Code,
): Code {
  const add = assembler.load(first, assembler.step(BPF.ADD_X, 0, next));
  return assembler.load(second, assembler.step(BPF.TAX, 0, add));
}

/**
 * Code for `address + length <= end`, where neither is more than `end`: both are at most 2^47, so
 * the sum of the upper halves does not wrap.
 */
function sumCode(assembler: Assembler, end: number, { yes, no }: Exits): Code {
  const lowWords = [lowWord(ADDRESS), lowWord(LENGTH)] as const;
  const highWords = [highWord(ADDRESS), highWord(LENGTH)] as const;
  const lowEnd = end % HALF;
  const highEnd = Math.floor(end / HALF);

  const lowFits = assembler.branch({ code: BPF.JGT_K, k: lowEnd }, no, yes);
  const lows = addWords(assembler, lowWords, lowFits);
  const equal = assembler.branch({ code: BPF.JGE_K, k: highEnd }, lows, yes);
  const highs = assembler.branch({ code: BPF.JGT_K, k: highEnd }, no, equal);
  const carry = addWords(assembler, highWords, assembler.step(BPF.ADD_K, 1, highs));
  const noCarry = addWords(assembler, highWords, highs);
  // The lower halves carry if their sum came out less than one of them.
  const carries = assembler.branch({ code: BPF.JGT_X, k: 0 }, carry, noCarry);
  const compare = assembler.step(BPF.TAX, 0, assembler.load(lowWord(ADDRESS), carries));
  return addWords(assembler, lowWords, compare);
}

/** Code that asks whether a call protects memory in this range only, in an ordinary way. */
export function executableRangeCode(
  assembler: Assembler,
  { start, end }: AddressRange,
  exits: Exits,
): Code {
  const { no } = exits;
  const tests = [
    { argument: PROTECTION, operator: 'in', value: PROTECTIONS },
    { argument: ADDRESS, operator: '>=', value: BigInt(start) },
    { argument: ADDRESS, operator: '<=', value: BigInt(end) },
    { argument: LENGTH, operator: '<=', value: BigInt(end) },
  ] as const;
  return tests.reduceRight(
    (next, test) => comparisonCode(assembler, test, { yes: next, no }),
    sumCode(assembler, end, exits),
  );
}
