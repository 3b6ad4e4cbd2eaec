import type { CpuidEntry } from '@crosvm/kvm';
import { KVM_CPUID_FLAG_SIGNIFCANT_INDEX } from '@crosvm/kvm-sys';

type Registers = readonly [eax: number, ebx: number, ecx: number, edx: number];

/** A leaf, or a subleaf where `index` is given. */
export function leaf(number: number, registers: Registers, index?: number): CpuidEntry {
  const [eax, ebx, ecx, edx] = registers;
  const flags = index === undefined ? 0 : KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
  return { function: number, index: index ?? 0, flags, eax, ebx, ecx, edx };
}

/** Part of what KVM reports on an EPYC of family 25 with 16 threads a package. */
export const AMD: readonly CpuidEntry[] = [
  leaf(0x0, [0x1c, 0x6874_7541, 0x444d_4163, 0x6974_6e65]),
  leaf(0x1, [0x00a1_0f11, 0x0102_0800, 0x0020_2000, 0x078b_fbff]),
  leaf(0x6, [0x4, 0, 0, 0]),
  leaf(0x7, [1, 0x0180_0002, 0x104, 0x2000_0000], 0),
  leaf(0xb, [0, 0, 0, 0], 0),
  leaf(0x4000_0000, [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d]),
  leaf(0x4000_0001, [0x0100_7efb, 0, 0, 0]),
  leaf(0x8000_0000, [0x8000_0026, 0x6874_7541, 0x444d_4163, 0x6974_6e65]),
  leaf(0x8000_0001, [0x00a1_0f11, 0x4000_0000, 0x0040_0393, 0x23d3_fbff]),
  leaf(0x8000_0008, [0x3030, 0x5002_0005, 0x0000_7001, 0]),
  leaf(0x8000_001d, [0x121, 0x01c0_003f, 0x3f, 0], 0),
  leaf(0x8000_001d, [0x4143, 0x01c0_003f, 0x7ff, 2], 2),
  leaf(0x8000_001d, [0x0003_c163, 0x03c0_003f, 0x7fff, 1], 3),
  leaf(0x8000_001d, [0, 0, 0, 0], 4),
  leaf(0x8000_001e, [3, 0x0101, 0x0001, 0]),
  leaf(0x8000_0026, [1, 2, 0x100, 3], 0),
];

/** Part of what KVM reports on an Intel server with 32 threads a package. */
export const INTEL: readonly CpuidEntry[] = [
  leaf(0x0, [0x1f, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]),
  leaf(0x1, [0x0005_0657, 0x0710_0800, 0x8120_2000, 0x178b_fbff]),
  leaf(0x4, [0x7c00_4121, 0x01c0_003f, 0x3f, 0], 0),
  leaf(0x4, [0x7c07_c163, 0x0280_003f, 0xffff, 4], 3),
  leaf(0x4, [0, 0, 0, 0], 4),
  leaf(0x6, [0x77, 2, 9, 0]),
  leaf(0xa, [0x0830_0802, 0, 0, 0x603]),
  leaf(0xb, [1, 2, 0x100, 7], 0),
  leaf(0xb, [5, 32, 0x201, 7], 1),
  leaf(0x1f, [1, 2, 0x100, 7], 0),
  leaf(0x1f, [5, 32, 0x201, 7], 1),
  leaf(0x8000_0000, [0x8000_0008, 0, 0, 0]),
  leaf(0x8000_0001, [0, 0, 0x121, 0x2c10_0800]),
  leaf(0x8000_0008, [0x3030, 0, 0, 0]),
];

/**
 * The subleaf of a list.
 * @throws RangeError unless there is exactly one
 */
export function find(entries: readonly CpuidEntry[], number: number, index = 0): CpuidEntry {
  const found = entries.filter((entry) => entry.function === number && entry.index === index);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new RangeError(`${found.length} entries of 0x${number.toString(16)} ${index}`);
  }
  return first;
}

/** How often a leaf is in a list, with all subleaves. */
export function count(entries: readonly CpuidEntry[], number: number): number {
  return entries.filter((entry) => entry.function === number).length;
}
