import { readdirSync, readFileSync } from 'node:fs';

import { Errno, SysError } from '@crosvm/sys-util';

import { JailError } from './jail-error';

/** What /proc says of every thread that is jailed. */
const EXPECTED: readonly (readonly [field: string, value: RegExp, complaint: string])[] = [
  // 2: there is one. 3: it has just killed the process, which is not quite gone (SECCOMP_MODE_DEAD).
  ['Seccomp', /^[23]$/, 'has no filter of system calls'],
  ['NoNewPrivs', /^1$/, 'could get new privileges'],
  ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(
    (field) => [field, /^0+$/, `has capabilities (${field})`] as const,
  ),
];

/** The state of a thread that has ended, and has lost its filters: a zombie, or dead. */
const ENDED = /^[ZX]/;

/** How many filters of system calls a thread has. Linux 5.9. */
const FILTERS = 'Seccomp_filters';

function statusOf(path: string): ReadonlyMap<string, string | undefined> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Map(lines.map((line) => line.split(':\t', 2) as [string, string | undefined]));
}

/** How many filters of system calls this thread has, such as those of a container that it is in. */
export function ownFilters(): number {
  return Number(statusOf('/proc/thread-self/status').get(FILTERS) ?? 0);
}

/**
 * Sees to it, from the outside, that a process is locked down: filtered, without any capability and unable
 * to get one, in each of its threads.
 * @param filters how many filters it must have: its own besides those that it was born with
 * @throws JailError that says what is missing
 * @throws Error ENOENT if there is no such process, ESRCH if it has ended
 */
export function verifyLockedDown(pid: number, filters = 1): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const fields = statusOf(`/proc/${pid}/task/${thread}/status`);
    if (ENDED.test(fields.get('State') ?? '')) {
      throw new SysError(`/proc/${pid}`, Errno.ESRCH);
    }
    if (!(Number(fields.get(FILTERS)) >= filters)) {
      throw new JailError(`thread ${thread} has no filter of system calls of its own`);
    }
    for (const [field, value, complaint] of EXPECTED) {
      const found = fields.get(field)?.trim();
      if (found === undefined || !value.test(found)) {
        throw new JailError(`thread ${thread} ${complaint}`);
      }
    }
  }
}
