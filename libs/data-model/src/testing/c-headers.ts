import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AbiEntry, AbiFacts } from './abi';

/** What the C headers of this machine say. */
export interface MeasuredAbi {
  readonly facts: AbiFacts;
  /** Names that the headers do not have, because they are too old. */
  readonly missing: readonly string[];
}

const CC = 'gcc';
/** The C locale, so that messages come in the form that is parsed here. */
const ENV = { ...process.env, LC_ALL: 'C' };
/** Every round leaves out what the headers do not know; a second kind of error may show then. */
const MAX_ROUNDS = 5;

/** A C program that prints the values of the entries' expressions, an entry a line. */
export function cProgram(headers: readonly string[], entries: readonly AbiEntry[]): string {
  const include = ['stddef.h', 'stdio.h', ...headers].map((header) => `#include <${header}>`);
  return [
    // What glibc declares beyond POSIX counts, too.
    '#define _GNU_SOURCE',
    ...include,
    'static const struct { unsigned index; unsigned long long values[2]; } table[] = {',
    // `#line` gives each entry a line number that is its index, whatever comes before.
    ...entries.flatMap(({ expressions }, index) => [
      `#line ${index + 1} "entries"`,
      `{ ${index}, { ${expressions.map((text) => `(unsigned long long)(${text})`).join(', ')} } },`,
    ]),
    '#line 1 "tail"',
    '};',
    'int main(void) {',
    '  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)',
    '    printf("%u %llu %llu\\n", table[i].index, table[i].values[0], table[i].values[1]);',
    '  return 0;',
    '}',
    '',
  ].join('\n');
}

/** Whether a C compiler and these headers are installed. */
export function hasHeaders(headers: readonly string[]): boolean {
  const args = ['-x', 'c', '-fsyntax-only', '-'];
  return spawnSync(CC, args, { input: cProgram(headers, []), env: ENV }).status === 0;
}

function compile(program: string, output: string): readonly number[] {
  const args = ['-x', 'c', '-fmax-errors=0', '-o', output, '-'];
  const { status, stderr } = spawnSync(CC, args, { input: program, env: ENV, encoding: 'utf8' });
  const lines = Array.from(stderr.matchAll(/^entries:(\d+):\d+: error:/gm), ([, line]) =>
    Number(line),
  );
  if (status !== 0 && lines.length === 0) {
    throw new Error(`${CC} failed:\n${stderr}`);
  }
  return lines;
}

function run(program: string, entries: readonly AbiEntry[]): AbiFacts {
  const { stdout } = spawnSync(program, { encoding: 'utf8' });
  const facts: Record<string, string> = {};
  for (const line of stdout.trim().split('\n')) {
    const [index, ...values] = line.split(' ').map(BigInt);
    const entry = entries[Number(index)];
    if (entry !== undefined) {
      facts[entry.name] = entry.format(values);
    }
  }
  return facts;
}

/**
 * Asks the C compiler for the sizes, offsets and values of the entries.
 * @param headers what to include, such as `linux/kvm.h`
 * @throws Error if the compiler fails for another reason than names it does not know
 */
export function measureAbi(headers: readonly string[], entries: readonly AbiEntry[]): MeasuredAbi {
  const directory = mkdtempSync(join(tmpdir(), 'abi-'));
  const output = join(directory, 'abi');
  try {
    let known = entries;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const unknown = new Set(compile(cProgram(headers, known), output));
      if (unknown.size === 0) {
        const facts = run(output, known);
        const missing = entries.map(({ name }) => name).filter((name) => !(name in facts));
        return { facts, missing };
      }
      known = known.filter((_, index) => !unknown.has(index + 1));
    }
    throw new Error(`${CC} finds new errors in every round`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
