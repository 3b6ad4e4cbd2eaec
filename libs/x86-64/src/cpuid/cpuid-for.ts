import type { CpuidEntry } from '@crosvm/kvm';

import { Leaf, withField } from './leaf';

/** EBX of leaf 1. */
const INITIAL_APIC_ID = { shift: 24, bits: 8 };
/** EBX of leaf 0x8000001E. */
const CORE_ID = { shift: 0, bits: 8 };

/**
 * The CPUID of one vCPU: `entries` with its APIC id, which is its index.
 * @param entries what `filterCpuid` gave, which is not changed
 */
export function cpuidFor(
  entries: readonly Readonly<CpuidEntry>[],
  vcpuIndex: number,
): CpuidEntry[] {
  return entries.map((entry) => {
    switch (entry.function) {
      case Leaf.FEATURES:
        return { ...entry, ebx: withField(entry.ebx, INITIAL_APIC_ID, vcpuIndex) };
      case Leaf.TOPOLOGY:
      case Leaf.TOPOLOGY_V2:
        return { ...entry, edx: vcpuIndex };
      case Leaf.AMD_TOPOLOGY:
        return { ...entry, eax: vcpuIndex, ebx: withField(entry.ebx, CORE_ID, vcpuIndex) };
      default:
        return { ...entry };
    }
  });
}
