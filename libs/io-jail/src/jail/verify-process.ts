import { readdirSync, readFileSync } from 'node:fs';

import { JailError } from './jail-error';

/** What /proc says of every thread that is jailed. */
const EXPECTED: readonly (readonly [field: string, value: RegExp, complaint: string])[] = [
  ['Seccomp', /^2$/, 'has no filter of system calls'],
  ['NoNewPrivs', /^1$/, 'could get new privileges'],
  ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(
    (field) => [field, /^0+$/, `has capabilities (${field})`] as const,
  ),
];

/** The state of a thread that has ended and was not waited for: the kernel has taken its filters away. */
const ENDED = /^[ZX]/;

/**
 * Sees to it, from the outside, that a process is locked down: filtered, without any capability and unable
 * to get one, in each of its threads. Threads that have ended are no danger.
 * @throws JailError that says what is missing
 * @throws Error ENOENT if there is no such process
 */
export function verifyLockedDown(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const fields = new Map(
      status.split('\n').map((line) => line.split(':\t', 2) as [string, string | undefined]),
    );
    if (ENDED.test(fields.get('State') ?? '')) {
      continue;
    }
    for (const [field, value, complaint] of EXPECTED) {
      const found = fields.get(field)?.trim();
      if (found === undefined || !value.test(found)) {
        throw new JailError(`thread ${thread} ${complaint}`);
      }
    }
  }
}
