import { readFileSync } from 'node:fs';

import type { CpuAffinity } from '../config';
import { UserError } from '../user-error';
import { HOST_PATHS } from './host-paths';

/**
 * Checks that the host has the CPUs that the vCPUs are to run on.
 * @throws UserError that names the first CPU that is not online
 */
export function checkAffinity(affinity: CpuAffinity, path = HOST_PATHS.onlineCpus): void {
  const online = readOnline(path);
  if (online === undefined) {
    return;
  }
  const wanted = affinity.kind === 'all' ? affinity.cpus : [...affinity.cpus.values()].flat();
  const missing = wanted.find(
    (cpu) => !online.ranges.some(([from, to]) => cpu >= from && cpu <= to),
  );
  if (missing !== undefined) {
    throw new UserError(`--cpu-affinity names CPU ${missing}, which is not online`, {
      hint: `the CPUs of this machine that are online: ${online.text}`,
    });
  }
}

interface OnlineCpus {
  /** As the host writes it: `0-3,6`. */
  readonly text: string;
  readonly ranges: readonly (readonly [number, number])[];
}

/** Undefined where the host does not tell. */
function readOnline(path: string): OnlineCpus | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    const ranges = text.split(',').map((range): readonly [number, number] => {
      const [from = NaN, to = from] = range.split('-').map(Number);
      return [from, to];
    });
    return { text, ranges };
  } catch {
    return undefined;
  }
}
