import { check } from '@crosvm/sys-util';

import { RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE } from '../abi';
import { libc } from '../sys/libc';

/** What a process may use at most: numbers of descriptors, and bytes. */
export interface Limits {
  /** Of a file that it makes larger, to that size; block devices have their own. */
  readonly fsize?: number;
  /** Of a core file. */
  readonly core?: number;
  /** One more than the highest number of a descriptor. */
  readonly nofile?: number;
}

const RESOURCES: Readonly<Record<keyof Limits, number>> = {
  fsize: RLIMIT_FSIZE,
  core: RLIMIT_CORE,
  nofile: RLIMIT_NOFILE,
};

/**
 * Limits this process, for ever.
 * @throws SysError EPERM if a limit is above the present one
 */
export function setLimits(limits: Limits): void {
  for (const [name, value] of Object.entries(limits) as [keyof Limits, number][]) {
    const pair = new Uint8Array(BigUint64Array.of(BigInt(value), BigInt(value)).buffer);
    check(`prlimit(${name})`, libc.prlimit(0, RESOURCES[name], pair, null));
  }
}
