import { currentSyscalls } from '@crosvm/syscall-defines';

import { type Attempt, attempt } from '../attempt';
import type { Attacker } from '../attacker';
import { constant } from '../constants';

/** Of asm/unistd.h: the ABI with 32-bit pointers. */
const X32 = 0x4000_0000;
const HIGH = 2 ** 32;

function openBy(bias: number): (attacker: Attacker) => number {
  const number = currentSyscalls().openat ?? 0;
  return (attacker) =>
    attacker.callNumber(bias + number, constant('AT_FDCWD'), attacker.text('/etc/passwd'), 0);
}

/** Calls whose numbers are not what they seem. */
export const NUMBERS: readonly Attempt[] = [
  {
    name: 'a call of the x32 ABI',
    isLast: true,
    run: openBy(X32),
    jailed: 'killed by SIGSYS',
    unfiltered: ['killed by SIGSYS'],
    free: ['works', 'ENOSYS'],
  },
  attempt('by a number of more than 32 bits', 'openat', ['ENOENT', 'works'], openBy(HIGH)),
  {
    name: 'a call that there is not',
    run: (attacker) => attacker.callNumber(1023),
    jailed: 'forbidden unknown',
    unfiltered: ['ENOSYS'],
    free: ['ENOSYS'],
  },
  {
    name: 'a call of a negative number',
    isLast: true,
    run: (attacker) => attacker.callNumber(-2),
    jailed: 'killed by SIGSYS',
    unfiltered: ['killed by SIGSYS'],
    free: ['ENOSYS'],
  },
];
