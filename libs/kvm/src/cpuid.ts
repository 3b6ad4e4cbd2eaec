import type { Accessor, Ioctl } from '@crosvm/data-model';
import { kvm_cpuid2, kvm_cpuid_entry2 } from '@crosvm/kvm-sys';
import { Errno, ioctl, SysError } from '@crosvm/sys-util';

/** A CPUID leaf, or subleaf where `flags` has KVM_CPUID_FLAG_SIGNIFCANT_INDEX. */
export interface CpuidEntry {
  /** The leaf: EAX before CPUID. */
  function: number;
  /** The subleaf: ECX before CPUID. */
  index: number;
  /** KVM_CPUID_FLAG_* */
  flags: number;
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}

/** Room at first; Linux has at most 256 entries today (KVM_MAX_CPUID_ENTRIES). */
const FIRST_ROOM = 256;
const MOST_ROOM = 4096;
/** A leaf that no CPU has: it stands where KVM wrote nothing. */
const UNTOUCHED = 0xffff_ffff;

/**
 * Reads a CPUID list, with more room where KVM says that there is too little.
 * @throws SysError as the ioctl
 */
export function readCpuid(fd: number, def: Ioctl): CpuidEntry[] {
  for (let room = FIRST_ROOM; ; room *= 2) {
    const list = kvm_cpuid2.allocate(room * kvm_cpuid_entry2.size);
    list.nent = room;
    for (let index = 0; index < room; index += 1) {
      list.entries.get(index).function = UNTOUCHED;
    }
    try {
      ioctl(fd, def, list.buffer);
    } catch (error) {
      if (error instanceof SysError && error.errno === Errno.E2BIG && room < MOST_ROOM) {
        continue;
      }
      throw error;
    }
    return entriesOf(list);
  }
}

/** The entries that KVM wrote. Before Linux 6.8, KVM_GET_CPUID2 leaves `nent` as it was. */
function entriesOf(list: Accessor<typeof kvm_cpuid2.fields>): CpuidEntry[] {
  return Array.from({ length: list.nent }, (_, index) => {
    const { function: leaf, index: subleaf, flags, eax, ebx, ecx, edx } = list.entries.get(index);
    return { function: leaf, index: subleaf, flags, eax, ebx, ecx, edx };
  }).filter((entry) => entry.function !== UNTOUCHED);
}

/** The `kvm_cpuid2` of these entries. */
export function cpuidBytes(entries: readonly Readonly<CpuidEntry>[]): Uint8Array {
  return kvm_cpuid2.from({ nent: entries.length, entries });
}
