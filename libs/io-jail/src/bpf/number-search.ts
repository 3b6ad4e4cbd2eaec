import type { Assembler, Code } from './assembler';
import { BPF } from './instruction';
import { SECCOMP_DATA } from './seccomp';

/** Numbers from `start` to the start of the next range, or to 2^32 - 1, and what is done with them. */
export interface NumberRange {
  readonly start: number;
  readonly code: Code;
}

function search(assembler: Assembler, ranges: readonly NumberRange[]): Code {
  const [first, second, third] = ranges;
  if (first === undefined) {
    throw new Error('no range of numbers is left');
  }
  if (second === undefined) {
    return first.code;
  }
  const around = ranges.length === 3 && third?.code.id === first.code.id;
  if (around && third.start === second.start + 1) {
    const test = { code: BPF.JEQ_K, k: second.start };
    return assembler.branch(test, second.code, first.code, SECCOMP_DATA.NR);
  }
  const middle = ranges.length >> 1;
  const upper = search(assembler, ranges.slice(middle));
  const lower = search(assembler, ranges.slice(0, middle));
  const test = { code: BPF.JGE_K, k: ranges[middle]?.start ?? 0 };
  return assembler.branch(test, upper, lower, SECCOMP_DATA.NR);
}

/**
 * Code that finds by binary search what belongs to the number of the call, which is in A.
 * @param ranges sorted, the first starts at 0
 */
export function numberSearch(assembler: Assembler, ranges: readonly NumberRange[]): Code {
  const merged = ranges.filter(({ code }, index) => code.id !== ranges[index - 1]?.code.id);
  return search(assembler, merged);
}
