import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

import { check } from '@crosvm/sys-util';

import { PROT_EXEC, PROT_READ } from '../abi';
import type { AddressRange } from '../bpf/executable-range';
import { libc } from '../sys/libc';

/** V8's compilers; without them JavaScript is interpreted. */
const COMPILERS = ['--no-opt', '--no-maglev', '--no-sparkplug'] as const;

/** What Node must have been started with for regular expressions to be interpreted, too. */
export const INTERPRETED_REGEXP_FLAG = '--regexp-interpret-all';

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

/** Memory that can be both written to and executed: V8's, where it does not switch between the two. */
export function writableCode(): AddressRange[] {
  return anonymousMemory()
    .filter(({ permissions }) => permissions.startsWith('rwx'))
    .map(({ start, end }) => ({ start, end }));
}

/**
 * Has JavaScript interpreted from now on, and lets no memory be both written to and executed. Nothing
 * needs new executable memory then, so it can be forbidden altogether.
 * @param writable what `writableCode` gave, in this process or in the one that it is a fork of
 * @throws Error if Node was not started with `INTERPRETED_REGEXP_FLAG`
 * @throws SysError
 */
export function stopCompiling(writable: readonly AddressRange[]): void {
  if (!process.execArgv.includes(INTERPRETED_REGEXP_FLAG)) {
    throw new Error(`node must be started with ${INTERPRETED_REGEXP_FLAG} for it`);
  }
  COMPILERS.forEach((flag) => setFlagsFromString(flag));
  for (const { start, end } of writable) {
    // SAFETY: V8 writes there only when it compiles.
    check('mprotect', libc.mprotect(start, end - start, PROT_READ | PROT_EXEC));
  }
}
