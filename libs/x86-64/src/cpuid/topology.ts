import type { CpuidEntry } from '@crosvm/kvm';
import { KVM_CPUID_FLAG_SIGNIFCANT_INDEX } from '@crosvm/kvm-sys';

import { fieldOf, Leaf, withField } from './leaf';

/*
 * One package of `cpus` cores with one thread each, so that the APIC id is the core's number. Each
 * core has caches of its own up to level 2; all share level 3. What a guest would do with threads
 * is avoid running two at once on a core, and no host CPU is promised to a vCPU anyway.
 */

const enum Level {
  NONE,
  THREAD,
  CORE,
}

const CACHE_TYPE = { shift: 0, bits: 5 };
const CACHE_LEVEL = { shift: 5, bits: 3 };
const CACHE_SHARING = { shift: 14, bits: 12 };
const PACKAGE_CORES = { shift: 26, bits: 6 };
const SHARED_LEVEL = 3;

/** Bits of an APIC id that tell `cpus` cores apart. */
export function apicIdBits(cpus: number): number {
  return 32 - Math.clz32(cpus - 1);
}

/** The subleaves of 0xB or 0x1F, for the first CPU. Intel SDM, CPUID; AMD APM 3, E.3.9. */
export function topologyLeaf(leaf: number, cpus: number): CpuidEntry[] {
  const levels = [
    { type: Level.THREAD, idBits: 0, count: 1 },
    { type: Level.CORE, idBits: apicIdBits(cpus), count: cpus },
    { type: Level.NONE, idBits: 0, count: 0 },
  ];
  return levels.map(({ type, idBits, count }, index) => ({
    function: leaf,
    index,
    flags: KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
    eax: idBits,
    ebx: count,
    ecx: (type << 8) | index,
    edx: 0,
  }));
}

/** Leaf 0x8000001E for the first CPU: node 0 of one, one thread a core. AMD APM 3, E.4.17. */
export function amdTopologyLeaf(): CpuidEntry {
  return { function: Leaf.AMD_TOPOLOGY, index: 0, flags: 0, eax: 0, ebx: 0, ecx: 0, edx: 0 };
}

/** Says in a subleaf of 4 or 0x8000001D which CPUs share the cache; the fields are the same. */
export function shareCache(entry: CpuidEntry, cpus: number): void {
  if (fieldOf(entry.eax, CACHE_TYPE) !== 0) {
    const shared = fieldOf(entry.eax, CACHE_LEVEL) >= SHARED_LEVEL;
    entry.eax = withField(entry.eax, CACHE_SHARING, shared ? lastApicId(cpus) : 0);
  }
}

/** Says in a subleaf of 4 how many cores the package has; from 64 on, leaf 0xB knows better. */
export function countCores(entry: CpuidEntry, cpus: number): void {
  if (fieldOf(entry.eax, CACHE_TYPE) !== 0) {
    entry.eax = withField(entry.eax, PACKAGE_CORES, lastApicId(cpus));
  }
}

/** The last APIC id of the package, used or not: these fields count a power of two less one. */
function lastApicId(cpus: number): number {
  return 2 ** apicIdBits(cpus) - 1;
}
