import type { Vcpu } from '@crosvm/kvm';

/** Offsets of the registers for the two local pins. Intel SDM 3A, table 10-1. */
const LVT_LINT0 = 0x350;
const LVT_LINT1 = 0x360;

/** Delivery mode: bits 8 to 10. */
const MODE_MASK = 0x700;
const MODE_NMI = 0x400;
const MODE_EXTINT = 0x700;
const MASKED = 0x1_0000;

/**
 * Has a local APIC take the PICs' interrupt on LINT0 and the NMI on LINT1, as the MP table and the
 * MADT say.
 */
export function setupLapic(vcpu: Vcpu): void {
  const lapic = vcpu.getLapic();
  const { buffer, byteOffset } = lapic.regs;
  const registers = new DataView(buffer, byteOffset);
  const setMode = (register: number, mode: number): void => {
    const kept = registers.getUint32(register, true) & ~(MODE_MASK | MASKED);
    registers.setUint32(register, kept | mode, true);
  };
  setMode(LVT_LINT0, MODE_EXTINT);
  setMode(LVT_LINT1, MODE_NMI);
  vcpu.setLapic(lapic);
}
