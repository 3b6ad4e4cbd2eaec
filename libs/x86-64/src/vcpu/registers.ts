import type { GuestAddress } from '@crosvm/data-model';
import type { Vcpu } from '@crosvm/kvm';

import { codeSegment, dataSegment, GDT_LIMIT, taskSegment } from '../gdt';
import { GDT_ADDRESS } from '../layout';

/** Where the boot vCPU begins, and what it finds there. */
export interface BootRegisters {
  /** The kernel's 64-bit entry point. */
  readonly rip: GuestAddress;
  /** The boot parameters. */
  readonly rsi: GuestAddress;
  readonly rsp: GuestAddress;
  /** The page tables. */
  readonly cr3: GuestAddress;
}

/** Protected mode, paging, and what every kernel sets too: MP, ET, NE, WP, AM. */
const CR0_PE_MP_ET_NE_WP_AM_PG = 0x8005_0033n;
const CR4_PAE = 0x20n;
const EFER_LME_LMA = 0x500n;

/** Bit 1 is always set; interrupts are off. */
const RFLAGS_RESET = 2n;

/**
 * Puts a vCPU into 64-bit mode with the GDT and page tables that `configureBoot` wrote.
 * Source: Documentation/x86/boot.rst, "64-bit Boot Protocol".
 */
export function setupSregs(vcpu: Vcpu, { cr3 }: BootRegisters): void {
  const sregs = vcpu.getSregs();
  Object.assign(sregs.cs, codeSegment);
  Object.assign(sregs.ds, dataSegment);
  Object.assign(sregs.es, dataSegment);
  Object.assign(sregs.fs, dataSegment);
  Object.assign(sregs.gs, dataSegment);
  Object.assign(sregs.ss, dataSegment);
  Object.assign(sregs.tr, taskSegment);
  Object.assign(sregs.gdt, { base: BigInt(GDT_ADDRESS), limit: GDT_LIMIT });
  // No IDT: an exception before the kernel sets one ends the guest, as it should.
  Object.assign(sregs.idt, { base: 0n, limit: 0 });
  sregs.cr0 = CR0_PE_MP_ET_NE_WP_AM_PG;
  sregs.cr3 = BigInt(cr3);
  sregs.cr4 = CR4_PAE;
  sregs.efer = EFER_LME_LMA;
  vcpu.setSregs(sregs);
}

/** Points a vCPU at the kernel's entry point, with RSI at the boot parameters. */
export function setupRegs(vcpu: Vcpu, { rip, rsi, rsp }: BootRegisters): void {
  const regs = vcpu.getRegs();
  regs.rflags = RFLAGS_RESET;
  regs.rip = BigInt(rip);
  regs.rsi = BigInt(rsi);
  regs.rsp = BigInt(rsp);
  regs.rbp = BigInt(rsp);
  vcpu.setRegs(regs);
}
