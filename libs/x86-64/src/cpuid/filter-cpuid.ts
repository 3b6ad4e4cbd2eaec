import type { CpuidEntry } from '@crosvm/kvm';

import { checkCpuCount } from '../cpu-count';
import { Leaf, withBit, withField } from './leaf';
import { amdTopologyLeaf, apicIdBits, countCores, shareCache, topologyLeaf } from './topology';

/** What CPUID tells of a VM beyond what KVM supports. */
export interface CpuidOptions {
  /** CPUs of the VM. */
  readonly cpus: number;
  /** Whether KVM has KVM_CAP_TSC_DEADLINE_TIMER, which its CPUID list may not say. */
  readonly tscDeadline: boolean;
}

interface Machine extends CpuidOptions {
  readonly amd: boolean;
}

/** Bits of leaf 1. */
const TSC_DEADLINE_ECX = 24;
const HYPERVISOR_ECX = 31;
const CLFLUSH_EDX = 19;
const HTT_EDX = 28;
const CLFLUSH_SIZE = { shift: 8, bits: 8 };
const LOGICAL_COUNT = { shift: 16, bits: 8 };
/** In units of 8 bytes: 64. */
const CLFLUSH_UNITS = 8;

/** Leaf 6: the local APIC timer runs in every C-state. */
const ARAT_EAX = 1 << 2;

/** Bits of leaf 0x80000001. */
const CMP_LEGACY_ECX = 1;
const TOPOEXT_ECX = 22;

/** Fields of ECX of leaf 0x80000008. */
const AMD_CORE_COUNT = { shift: 0, bits: 8 };
const AMD_APIC_ID_BITS = { shift: 12, bits: 4 };

/** EBX of leaf 0 of AMD and Hygon, which follow AMD's leaves: 'Auth' and 'Hygo'. */
const AMD_VENDORS = [0x6874_7541, 0x6f67_7948];

/** What to change in the subleaves that KVM reports. */
const ADJUST: Readonly<Record<number, (entry: CpuidEntry, machine: Machine) => void>> = {
  [Leaf.FEATURES]: (entry, { cpus, tscDeadline }) => {
    const hasClflush = ((entry.edx >>> CLFLUSH_EDX) & 1) === 1;
    entry.ebx = withField(entry.ebx, CLFLUSH_SIZE, hasClflush ? CLFLUSH_UNITS : 0);
    entry.ebx = withField(entry.ebx, LOGICAL_COUNT, cpus);
    entry.ecx = withBit(entry.ecx, TSC_DEADLINE_ECX, tscDeadline);
    // Not in KVM's list, and without it Linux does not look for kvm-clock.
    entry.ecx = withBit(entry.ecx, HYPERVISOR_ECX, true);
    entry.edx = withBit(entry.edx, HTT_EDX, cpus > 1);
  },
  [Leaf.CACHES]: (entry, { cpus }) => {
    shareCache(entry, cpus);
    countCores(entry, cpus);
  },
  [Leaf.POWER]: (entry) => {
    // No sensors, turbo or energy bias: KVM has none of their MSRs.
    entry.eax &= ARAT_EAX;
    entry.ebx = 0;
    entry.ecx = 0;
    entry.edx = 0;
  },
  [Leaf.EXTENDED_FEATURES]: (entry, { cpus, amd }) => {
    // The count in leaf 1 is of cores, not of threads.
    entry.ecx = withBit(entry.ecx, CMP_LEGACY_ECX, amd && cpus > 1);
  },
  [Leaf.AMD_SIZES]: (entry, { cpus, amd }) => {
    if (amd) {
      entry.ecx = withField(0, AMD_CORE_COUNT, cpus - 1);
      entry.ecx = withField(entry.ecx, AMD_APIC_ID_BITS, apicIdBits(cpus));
    }
  },
  [Leaf.AMD_CACHES]: (entry, { cpus }) => shareCache(entry, cpus),
};

/** Leaves that are made anew, or left out: the host's topology is not the guest's. */
const REPLACED: ReadonlySet<number> = new Set([
  Leaf.TOPOLOGY,
  Leaf.TOPOLOGY_V2,
  Leaf.AMD_TOPOLOGY,
  Leaf.AMD_TOPOLOGY_V2,
]);

function topologyLeaves(supported: readonly CpuidEntry[], cpus: number): CpuidEntry[] {
  const register = (leaf: number, name: 'eax' | 'ecx'): number =>
    supported.find((entry) => entry.function === leaf)?.[name] ?? 0;
  const last = register(Leaf.VENDOR, 'eax');
  const lastExtended = register(Leaf.EXTENDED_MAX, 'eax');
  const topoext = ((register(Leaf.EXTENDED_FEATURES, 'ecx') >>> TOPOEXT_ECX) & 1) === 1;
  return [
    ...[Leaf.TOPOLOGY, Leaf.TOPOLOGY_V2]
      .filter((leaf) => leaf <= last)
      .flatMap((leaf) => topologyLeaf(leaf, cpus)),
    ...(topoext && lastExtended >= Leaf.AMD_TOPOLOGY ? [amdTopologyLeaf()] : []),
  ];
}

/**
 * What CPUID tells the guest, the same for all vCPUs (`cpuidFor` adds the differences): what KVM
 * supports, with the hypervisor bit and the topology of the VM instead of the host's. Leaves that
 * are not about these stay as KVM reports them, its own (0x40000000) and the performance counters
 * (0xA) among them.
 * @param supported KVM's list (`Kvm.supportedCpuid()`), which is not changed
 * @throws RangeError for a number of CPUs that is not 1 to MAX_VCPUS
 */
export function filterCpuid(
  supported: readonly Readonly<CpuidEntry>[],
  options: CpuidOptions,
): CpuidEntry[] {
  checkCpuCount(options.cpus);
  const vendor = supported.find((entry) => entry.function === Leaf.VENDOR)?.ebx ?? 0;
  const machine = { ...options, amd: AMD_VENDORS.includes(vendor) };
  const kept = supported
    .filter((entry) => !REPLACED.has(entry.function))
    .map((entry) => ({ ...entry }));
  for (const entry of kept) {
    ADJUST[entry.function]?.(entry, machine);
  }
  return [...kept, ...topologyLeaves(supported, options.cpus)];
}
