import type { CpuAffinity } from '../config';
import { parseInteger } from './integer';
import { quote } from './quote';
import { UsageError } from './usage-error';

/** Highest host CPU index: Linux for x86 is built for at most 8192 (NR_CPUS). */
const MAX_HOST_CPU = 8191;

/** Highest vCPU index that can be named; whether the VM has it is checked elsewhere. */
const MAX_VCPU = 4095;

/** Option, for messages. */
const OPTION = '--cpu-affinity';

const HINT = 'for example 0,2-3 for every vCPU, or 0=0:1=2,3 for vCPU 0 and 1';

/**
 * Reads which host CPUs the vCPUs may run on: `0,2-3` for every vCPU, or `0=0:1=2-3` for each by its
 * index. The lists come out sorted and without repetition.
 * @throws UsageError for anything else
 */
export function parseCpuAffinity(text: string): CpuAffinity {
  if (!text.includes('=')) {
    return { kind: 'all', cpus: parseCpuSet(text) };
  }
  const cpus = new Map<number, readonly number[]>();
  for (const assignment of text.split(':')) {
    const [vcpu, set, ...more] = assignment.split('=');
    if (vcpu === undefined || set === undefined || more.length > 0) {
      throw new UsageError(`${OPTION}: ${quote(assignment)} is not VCPU=CPUS`, { hint: HINT });
    }
    const index = parseInteger(vcpu, {
      name: `${OPTION}: a vCPU index`,
      least: 0,
      most: MAX_VCPU,
      hint: () => HINT,
    });
    if (cpus.has(index)) {
      throw new UsageError(`${OPTION}: vCPU ${index} is given twice`);
    }
    cpus.set(index, parseCpuSet(set));
  }
  return { kind: 'each', cpus };
}

/** Reads `0,2-3`. */
function parseCpuSet(text: string): readonly number[] {
  const cpus = new Set<number>();
  for (const range of text.split(',')) {
    const [first, last, ...more] = range.split('-');
    if (first === undefined || more.length > 0) {
      throw new UsageError(`${OPTION}: ${quote(range)} is no range of CPUs`, { hint: HINT });
    }
    const from = parseHostCpu(first);
    const to = last === undefined ? from : parseHostCpu(last);
    if (to < from) {
      throw new UsageError(`${OPTION}: the range ${quote(range)} must go from low to high`);
    }
    for (let cpu = from; cpu <= to; cpu++) {
      cpus.add(cpu);
    }
  }
  return [...cpus].sort((a, b) => a - b);
}

function parseHostCpu(text: string): number {
  return parseInteger(text, {
    name: `${OPTION}: a CPU index`,
    least: 0,
    most: MAX_HOST_CPU,
    hint: () => HINT,
  });
}
