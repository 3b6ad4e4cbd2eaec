import { libc } from './ffi/libc';
import { check } from './sys-error';

/** Bytes of glibc's `cpu_set_t`: CPUs 0 to 1023. */
const CPU_SET_BYTES = 128;
const MAX_CPUS = CPU_SET_BYTES * 8;
/** The pid that stands for the calling thread. */
const THIS_THREAD = 0;

/**
 * Lets the calling thread run on these CPUs only.
 * @param cpus their numbers, 0 to 1023
 * @throws RangeError if one is no CPU number
 * @throws SysError EINVAL if this process may use none of them
 */
export function setAffinity(cpus: readonly number[]): void {
  const set = new Uint8Array(CPU_SET_BYTES);
  for (const cpu of cpus) {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= MAX_CPUS) {
      throw new RangeError(`${cpu} is not a CPU number`);
    }
    set[cpu >> 3] = (set[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  }
  check('sched_setaffinity', libc.sched_setaffinity(THIS_THREAD, set.length, set));
}

/** The CPUs that the calling thread may run on, lowest number first. */
export function getAffinity(): number[] {
  const set = new Uint8Array(CPU_SET_BYTES);
  check('sched_getaffinity', libc.sched_getaffinity(THIS_THREAD, set.length, set));
  const cpus: number[] = [];
  for (let cpu = 0; cpu < MAX_CPUS; cpu += 1) {
    if (((set[cpu >> 3] ?? 0) & (1 << (cpu & 7))) !== 0) {
      cpus.push(cpu);
    }
  }
  return cpus;
}
