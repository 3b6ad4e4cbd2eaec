import type { kvm_segment } from '@crosvm/kvm-sys';
import type { GuestMemory } from '@crosvm/sys-util';
import type { StructInit } from '@crosvm/data-model';

import { GDT_ADDRESS } from './layout';

/** A segment of the boot protocol, as its descriptor in the GDT says. */
export interface Descriptor {
  /** Type field: readable code, writable data, busy TSS. */
  readonly type: number;
  /** Bytes less one, or pages less one where `pages`. */
  readonly limit: number;
  /** Code or data, not a system segment. */
  readonly codeOrData: boolean;
  /** 64-bit code. */
  readonly long: boolean;
  /** 32-bit operands: data. */
  readonly big: boolean;
  /** The limit counts pages. */
  readonly pages: boolean;
}

/** Accessed, so that the CPU need not write it into the table. */
const CODE: Descriptor = {
  type: 0b1011,
  limit: 0xf_ffff,
  codeOrData: true,
  long: true,
  big: false,
  pages: true,
};
const DATA: Descriptor = { ...CODE, type: 0b0011, long: false, big: true };

/** VMX refuses to enter a guest whose TR is no busy TSS. */
const TSS: Descriptor = {
  type: 0b1011,
  limit: 0x67,
  codeOrData: false,
  long: false,
  big: false,
  pages: false,
};

/** Selector of the code segment (__BOOT_CS). */
export const BOOT_CS = 0x10;
/** Selector of the data segment (__BOOT_DS). */
export const BOOT_DS = 0x18;
/** Selector of the TSS, whose descriptor has two entries in 64-bit mode. */
const BOOT_TR = 0x20;

const SEGMENTS: ReadonlyMap<number, Descriptor> = new Map([
  [BOOT_CS, CODE],
  [BOOT_DS, DATA],
  [BOOT_TR, TSS],
]);

/** Entries of the table: up to the second half of the TSS. */
const ENTRIES = 6;

/** The limit of the GDT, for GDTR. */
export const GDT_LIMIT = ENTRIES * 8 - 1;

const bit = (set: boolean, position: number): bigint => BigInt(set ? 1 : 0) << BigInt(position);

/** The eight bytes of a present descriptor with base 0. Intel SDM 3A, figure 3-8. */
function encodeDescriptor(descriptor: Descriptor): bigint {
  const limit = BigInt(descriptor.limit);
  return (
    (limit & 0xffffn) |
    (BigInt(descriptor.type) << 40n) |
    bit(descriptor.codeOrData, 44) |
    bit(true, 47) |
    ((limit >> 16n) << 48n) |
    bit(descriptor.long, 53) |
    bit(descriptor.big, 54) |
    bit(descriptor.pages, 55)
  );
}

/** Writes the GDT of the boot protocol, at `GDT_ADDRESS`. */
export function writeGdt(memory: GuestMemory): void {
  memory.fill(GDT_ADDRESS, GDT_LIMIT + 1, 0);
  for (const [selector, descriptor] of SEGMENTS) {
    memory.writeU64(GDT_ADDRESS + selector, encodeDescriptor(descriptor));
  }
}

/** What a segment register holds once it was loaded with this descriptor. */
function segment(selector: number, descriptor: Descriptor): SegmentValues {
  const { type, limit, codeOrData, long, big, pages } = descriptor;
  return {
    base: 0n,
    limit: pages ? limit * 0x1000 + 0xfff : limit,
    selector,
    type,
    present: 1,
    dpl: 0,
    db: Number(big),
    s: Number(codeOrData),
    l: Number(long),
    g: Number(pages),
    avl: 0,
    unusable: 0,
  };
}

/** The fields of a `kvm_segment`. */
export type SegmentValues = StructInit<(typeof kvm_segment)['fields']>;

/** CS at the 64-bit entry point. */
export const codeSegment = segment(BOOT_CS, CODE);
/** DS, ES, FS, GS and SS at the 64-bit entry point. */
export const dataSegment = segment(BOOT_DS, DATA);
/** TR at the 64-bit entry point. */
export const taskSegment = segment(BOOT_TR, TSS);
