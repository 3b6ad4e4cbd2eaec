import { check } from '@crosvm/sys-util';

import { RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE } from '../abi';
import { libc } from '../sys/libc';

/** What a process may use at most: numbers of descriptors, and bytes. */
export interface Limits {
  /** Of a file that it makes larger, to that size; block devices have their own. */
  readonly fsize?: number;
  /**
   * The same, until who started the process says otherwise by `limitFileSize`. The process could change it
   * itself, too: its filter has to forbid that.
   */
  readonly fsizeForNow?: number;
  /** Of a core file. */
  readonly core?: number;
  /** One more than the highest number of a descriptor. */
  readonly nofile?: number;
}

const RESOURCES: Readonly<Record<keyof Limits, number>> = {
  fsize: RLIMIT_FSIZE,
  fsizeForNow: RLIMIT_FSIZE,
  core: RLIMIT_CORE,
  nofile: RLIMIT_NOFILE,
};

/** A soft and a hard limit, as the kernel has them. */
type Pair = BigUint64Array<ArrayBuffer>;

function bytesOf(pair: Pair): Uint8Array {
  return new Uint8Array(pair.buffer);
}

/** The limits that a process has; 0 for this one. */
function limitsOf(pid: number, resource: number): Pair {
  const pair = new BigUint64Array(2);
  check('prlimit', libc.prlimit(pid, resource, null, bytesOf(pair)));
  return pair;
}

/**
 * Limits this process, for ever.
 * @throws SysError EPERM if a limit is above the present one
 */
export function setLimits(limits: Limits): void {
  for (const [name, value] of Object.entries(limits) as [keyof Limits, number][]) {
    const resource = RESOURCES[name];
    const hard = name === 'fsizeForNow' ? limitsOf(0, resource)[1] : undefined;
    const pair = BigUint64Array.of(BigInt(value), hard ?? BigInt(value));
    check(`prlimit(${name})`, libc.prlimit(0, resource, bytesOf(pair), null));
  }
}

/**
 * Changes the size to which a process may make files larger, which it was started with as `fsizeForNow`.
 * @throws SysError ESRCH if it is gone; EINVAL, EPERM if it may not be that much
 */
export function limitFileSize(pid: number, bytes: number): void {
  const [, hard = 0n] = limitsOf(pid, RLIMIT_FSIZE);
  const pair = BigUint64Array.of(BigInt(bytes), hard);
  check('prlimit(RLIMIT_FSIZE)', libc.prlimit(pid, RLIMIT_FSIZE, bytesOf(pair), null));
}
