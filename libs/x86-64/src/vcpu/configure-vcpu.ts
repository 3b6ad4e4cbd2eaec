import type { CpuidEntry, Vcpu } from '@crosvm/kvm';

import { cpuidFor } from '../cpuid/cpuid-for';
import { setupFpu } from './fpu';
import { setupLapic } from './lapic';
import { setupMsrs } from './msrs';
import { type BootRegisters, setupRegs, setupSregs } from './registers';

/** How to set up a vCPU; plain data but for the callback. */
export interface VcpuOptions {
  /** Its number, which is its APIC id too. */
  readonly index: number;
  /** What `filterCpuid` gave. */
  readonly cpuid: readonly Readonly<CpuidEntry>[];
  /** What `configureBoot` gave. */
  readonly boot: BootRegisters;
  /** Told the name of an MSR that this KVM does not have, and a guest can do without. */
  readonly onSkippedMsr?: (name: string) => void;
}

/** The vCPU that starts; KVM has the others wait for it to wake them (INIT and SIPI). */
const BOOT_VCPU = 0;

/**
 * Sets up a new vCPU of a VM with the in-kernel local APIC. vCPU 0 is put at the kernel's entry
 * point in 64-bit mode; the others keep KVM's state of a processor that waits to be woken.
 * @throws SysError if KVM refuses
 */
export function configureVcpu(vcpu: Vcpu, options: VcpuOptions): void {
  const { index, boot, onSkippedMsr = () => undefined } = options;
  // First, as it decides what other state there may be.
  vcpu.setCpuid2(cpuidFor(options.cpuid, index));
  setupMsrs(vcpu, onSkippedMsr);
  setupFpu(vcpu);
  setupLapic(vcpu);
  if (index === BOOT_VCPU) {
    setupSregs(vcpu, boot);
    setupRegs(vcpu, boot);
  }
}
