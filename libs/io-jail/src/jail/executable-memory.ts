import { readFileSync } from 'node:fs';

import type { AddressRange } from '../bpf/executable-range';

/**
 * What `node` must be started with for JavaScript to be interpreted only: no memory is both written to and
 * executed then, and new executable memory can be forbidden altogether.
 */
export const INTERPRETED_NODE_FLAGS = ['--jitless', '--no-expose-wasm'] as const;

interface MappedRange extends AddressRange {
  /** Such as `rwxp`. */
  readonly permissions: string;
}

/** This process's memory that belongs to no file, in order. */
function anonymousMemory(): MappedRange[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ 0 *$/.exec(line))
    .filter((match) => match !== null)
    .map(([, start = '', end = '', permissions = '']) => ({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      permissions,
    }));
}

/**
 * Where V8 puts the code that it compiles: memory that is executable, with what it set aside around
 * it. Undefined if it compiles nothing.
 */
export function codeRange(): AddressRange | undefined {
  const isCode = ({ permissions }: MappedRange): boolean => permissions[2] === 'x';
  const isReserved = ({ permissions }: MappedRange): boolean => permissions === '---p';
  let found: AddressRange | undefined;
  let run: { start: number; end: number; hasCode: boolean } | undefined;
  for (const range of anonymousMemory()) {
    if (!isCode(range) && !isReserved(range)) {
      run = undefined;
    } else if (run?.end === range.start) {
      run.end = range.end;
      run.hasCode ||= isCode(range);
    } else {
      run = { start: range.start, end: range.end, hasCode: isCode(range) };
    }
    if (run?.hasCode === true) {
      found = { start: run.start, end: run.end };
    }
  }
  return found;
}
