import { readFileSync } from 'node:fs';

import { UserError } from '../user-error';
import { HOST_PATHS } from './host-paths';

/**
 * Guests seldom touch all of their memory, so more than the host has is allowed; this many times as
 * much is a mistake, or a way to have the host kill something.
 */
const MAX_OVERCOMMIT = 16;

/**
 * Checks guest memory against what the host has.
 * @param memory guest memory in MiB
 * @returns a warning if the guest can use up the host's memory
 * @throws UserError if it is out of all proportion
 */
export function checkMemory(memory: number, path = HOST_PATHS.meminfo): string | undefined {
  const { memTotal, swapTotal } = readMemInfo(path);
  if (memTotal === 0) {
    return undefined;
  }
  const most = MAX_OVERCOMMIT * (memTotal + swapTotal);
  if (memory > most) {
    throw new UserError(
      `--mem ${memory} is out of proportion: this machine has ${memTotal} MiB of memory ` +
        `and ${swapTotal} MiB of swap`,
      { hint: `say --mem ${most} or less` },
    );
  }
  return memory > memTotal
    ? `the guest may use ${memory} MiB of memory, this machine has ${memTotal}: ` +
        'if it does, the host may end it'
    : undefined;
}

/** The memory of the host, in MiB; 0 where it does not tell. */
export interface MemInfo {
  readonly memTotal: number;
  /** What programs can have without swapping. */
  readonly memAvailable: number;
  readonly swapTotal: number;
}

/** What the host tells of its memory. */
export function readMemInfo(path: string): MemInfo {
  let text = '';
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // No /proc: the host will tell in its own way.
  }
  const mebibytes = (name: string): number =>
    Math.floor(Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) / 1024);
  return {
    memTotal: mebibytes('MemTotal'),
    memAvailable: mebibytes('MemAvailable'),
    swapTotal: mebibytes('SwapTotal'),
  };
}
