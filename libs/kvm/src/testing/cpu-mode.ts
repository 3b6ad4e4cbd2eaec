import type { GuestAddress } from '@crosvm/data-model';
import type { kvm_segment } from '@crosvm/kvm-sys';
import type { GuestMemory } from '@crosvm/sys-util';

import type { Vcpu } from '../vcpu';

type Segment = ReturnType<typeof kvm_segment.allocate>;
type SegmentView = Pick<Segment, keyof typeof kvm_segment.fields>;

const PAGE_TABLES: GuestAddress = 0x2000;
/** Bytes of a page table. */
const TABLE = 0x1000;
const PRESENT_WRITABLE = 3n;
const LARGE_PAGE = 0x80n;
const ENTRIES = 512;
/** Page directories of large pages: 1 GiB each. */
const DIRECTORIES = 4;

const CR0_PE_MP_ET_NE_WP_AM_PG = 0x8005_0033n;
const CR4_PAE = 0x20n;
const EFER_LME_LMA = 0x500n;
const RFLAGS_RESERVED = 2n;

/** Bytes at 0x2000 that `startLongMode` uses. */
export const PAGE_TABLE_BYTES = (2 + DIRECTORIES) * TABLE;

/** Makes vCPU start at `entry`, below 64 KiB, in real mode with all segments at 0. */
export function startRealMode(vcpu: Vcpu, entry: GuestAddress): void {
  const sregs = vcpu.getSregs();
  sregs.cs.base = 0n;
  sregs.cs.selector = 0;
  vcpu.setSregs(sregs);
  start(vcpu, entry);
}

/** Identity-maps the first 4 GiB with large pages, all writable. */
function writePageTables(memory: GuestMemory): void {
  const directories = PAGE_TABLES + 2 * TABLE;
  memory.writeU64(PAGE_TABLES, BigInt(PAGE_TABLES + TABLE) | PRESENT_WRITABLE);
  for (let index = 0; index < DIRECTORIES; index += 1) {
    const directory = BigInt(directories + index * TABLE) | PRESENT_WRITABLE;
    memory.writeU64(PAGE_TABLES + TABLE + index * 8, directory);
  }
  for (let index = 0; index < DIRECTORIES * ENTRIES; index += 1) {
    const page = (BigInt(index) << 21n) | LARGE_PAGE | PRESENT_WRITABLE;
    memory.writeU64(directories + index * 8, page);
  }
}

function flat(segment: SegmentView, selector: number, code: boolean): void {
  segment.base = 0n;
  segment.limit = 0xffff_ffff;
  segment.selector = selector;
  segment.type = code ? 11 : 3;
  segment.present = 1;
  segment.s = 1;
  segment.g = 1;
  segment.l = code ? 1 : 0;
  segment.db = code ? 0 : 1;
}

/**
 * Makes vCPU start at `entry` in 64-bit mode with interrupts off; the first 4 GiB are mapped one to
 * one. Uses `PAGE_TABLE_BYTES` bytes of memory at 0x2000.
 */
export function startLongMode(vcpu: Vcpu, memory: GuestMemory, entry: GuestAddress): void {
  writePageTables(memory);
  const sregs = vcpu.getSregs();
  flat(sregs.cs, 0x08, true);
  for (const name of ['ds', 'es', 'fs', 'gs', 'ss'] as const) {
    flat(sregs[name], 0x10, false);
  }
  sregs.cr3 = BigInt(PAGE_TABLES);
  sregs.cr4 = CR4_PAE;
  sregs.cr0 = CR0_PE_MP_ET_NE_WP_AM_PG;
  sregs.efer = EFER_LME_LMA;
  vcpu.setSregs(sregs);
  start(vcpu, entry);
}

function start(vcpu: Vcpu, entry: GuestAddress): void {
  const regs = vcpu.getRegs();
  regs.rip = BigInt(entry);
  regs.rflags = RFLAGS_RESERVED;
  vcpu.setRegs(regs);
}
