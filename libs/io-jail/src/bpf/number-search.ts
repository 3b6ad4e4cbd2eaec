import type { Assembler, Code } from './assembler';
import { BPF } from './instruction';
import { SECCOMP_DATA } from './seccomp';

/** Numbers from `start` to the start of the next range, or to 2^32 - 1, and what is done with them. */
export interface NumberRange {
  readonly start: number;
  readonly code: Code;
}

/** Tests a number for being this one, so that listings of the program name it. */
function isNumber(assembler: Assembler, k: number, codes: { yes: Code; no: Code }): Code {
  return assembler.branch({ code: BPF.JEQ_K, k }, codes.yes, codes.no, SECCOMP_DATA.NR);
}

/** @param end where the last range ends */
function search(assembler: Assembler, ranges: readonly NumberRange[], end: number): Code {
  const [first, second, third] = ranges;
  if (first === undefined) {
    throw new Error('no range of numbers is left');
  }
  if (second === undefined) {
    return first.code;
  }
  if (third === undefined && second.start === first.start + 1) {
    return isNumber(assembler, first.start, { yes: first.code, no: second.code });
  }
  const secondEnd = third?.start ?? end;
  const last = third === undefined || (ranges.length === 3 && third.code.id === first.code.id);
  if (last && secondEnd === second.start + 1) {
    return isNumber(assembler, second.start, { yes: second.code, no: first.code });
  }
  const middle = ranges.length >> 1;
  const start = ranges[middle]?.start ?? end;
  const upper = search(assembler, ranges.slice(middle), end);
  const lower = search(assembler, ranges.slice(0, middle), start);
  return assembler.branch({ code: BPF.JGE_K, k: start }, upper, lower, SECCOMP_DATA.NR);
}

const END_OF_NUMBERS = 2 ** 32;

/**
 * Code that finds by binary search what belongs to the number of the call, which is in A.
 * @param ranges sorted, the first starts at 0
 */
export function numberSearch(assembler: Assembler, ranges: readonly NumberRange[]): Code {
  const merged = ranges.filter(({ code }, index) => code.id !== ranges[index - 1]?.code.id);
  return search(assembler, merged, END_OF_NUMBERS);
}
