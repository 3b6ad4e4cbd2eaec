import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

import { check } from '@crosvm/sys-util';

import { PROT_EXEC, PROT_READ } from '../abi';
import type { AddressRange } from '../bpf/executable-range';
import { requireNodeFlags } from '../fork/node-flags';
import { libc } from '../sys/libc';

/**
 * What Node is to be started with for JavaScript and regular expressions to be interpreted. V8 makes no
 * machine code then that a garbage collection would have to write to; to stop compiling later does not
 * undo what was compiled.
 */
export const INTERPRETER_NODE_FLAGS = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--regexp-interpret-all',
] as const;

/** V8's compilers that are worth while for a process that serves for long. */
const COMPILERS = ['--opt', '--sparkplug'] as const;

/** Nobody but V8, for its code, sets aside so much: libc's arenas have 64 MiB. */
const MIN_CODE_RESERVE = 100 * 1024 * 1024;

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

/** Neighbouring ranges that fulfil a condition, as one. */
function runsOf(accepts: (range: MappedRange) => boolean): MappedRange[][] {
  const runs: MappedRange[][] = [];
  let run: MappedRange[] = [];
  for (const range of anonymousMemory().filter(accepts)) {
    if (run.at(-1)?.end !== range.start) {
      run = [];
      runs.push(run);
    }
    run.push(range);
  }
  return runs;
}

function spanOf(run: readonly MappedRange[]): AddressRange {
  return { start: run[0]?.start ?? 0, end: run.at(-1)?.end ?? 0 };
}

function isCode({ permissions }: MappedRange): boolean {
  return permissions[2] === 'x';
}

/** Memory that is executable or only set aside. */
function codeRuns(): MappedRange[][] {
  return runsOf((range) => isCode(range) || range.permissions === '---p');
}

function sizeOf({ start, end }: AddressRange): number {
  return end - start;
}

function largest(ranges: readonly AddressRange[]): AddressRange | undefined {
  return [...ranges].sort((one, other) => sizeOf(other) - sizeOf(one))[0];
}

/**
 * Where V8 puts the code that it compiles: memory that is executable, with what it set aside around
 * it; or only set aside, in a process that has compiled nothing. Undefined if it cannot compile.
 */
export function codeRange(): AddressRange | undefined {
  const runs = codeRuns();
  const withCode = runs.filter((run) => run.some(isCode)).map(spanOf);
  if (withCode.length > 0) {
    // Newer versions of V8 put a copy of their own code into it, which parts it.
    return largest(withCode);
  }
  const reserved = largest(runs.map(spanOf));
  return reserved !== undefined && sizeOf(reserved) >= MIN_CODE_RESERVE ? reserved : undefined;
}

/**
 * Where all of V8's threads in this process put the code that they compile, each in a place of its own:
 * memory that is executable, with what is set aside around it, and what seems to be set aside for code.
 */
export function codeRanges(): AddressRange[] {
  const runs = codeRuns();
  const withCode = runs.filter((run) => run.some(isCode)).map(spanOf);
  const reserved = runs.map(spanOf).filter((span) => sizeOf(span) >= MIN_CODE_RESERVE);
  return [...new Map([...withCode, ...reserved].map((span) => [span.start, span])).values()];
}

/** Memory that can be both written to and executed: V8's, where it does not switch between the two. */
export function writableCode(): AddressRange[] {
  return anonymousMemory()
    .filter(({ permissions }) => permissions.startsWith('rwx'))
    .map(({ start, end }) => ({ start, end }));
}

/**
 * Lets no memory be both written to and executed, in a process that compiles nothing. It needs no new
 * executable memory, so that can be forbidden altogether.
 * @param writable what `writableCode` gave, in this process or in the one that it is a fork of
 * @throws Error if Node was not started with `INTERPRETER_NODE_FLAGS`
 * @throws SysError
 */
export function forbidWritableCode(writable: readonly AddressRange[]): void {
  requireNodeFlags('a process without writable code', INTERPRETER_NODE_FLAGS);
  for (const { start, end } of writable) {
    // SAFETY: V8 writes there only when it compiles, or collects what it compiled.
    check('mprotect', libc.mprotect(start, end - start, PROT_READ | PROT_EXEC));
  }
}

/** Has JavaScript compiled from now on, although Node was started with `INTERPRETER_NODE_FLAGS`. */
export function startCompiling(): void {
  COMPILERS.forEach((flag) => setFlagsFromString(flag));
}
