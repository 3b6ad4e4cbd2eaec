import type { MsrEntry, Vcpu } from '@crosvm/kvm';
import { SysError } from '@crosvm/sys-util';

/** Fast string operations: Linux takes REP MOVSB for slow without. */
const MISC_ENABLE_FAST_STRING = 1n;

/** MTRRs on, all memory write-back: without, Linux does not use page attributes (PAT) either. */
const MTRR_ENABLED_WRITE_BACK = (1n << 11n) | 6n;

/**
 * MSRs at the start of a vCPU; names are those of Linux's msr-index.h. Not the TSC: KVM starts those
 * of all vCPUs in step, and setting them one by one would not.
 */
const BOOT_MSRS: readonly (MsrEntry & { readonly name: string })[] = [
  { name: 'MSR_IA32_SYSENTER_CS', index: 0x174, data: 0n },
  { name: 'MSR_IA32_SYSENTER_ESP', index: 0x175, data: 0n },
  { name: 'MSR_IA32_SYSENTER_EIP', index: 0x176, data: 0n },
  { name: 'MSR_STAR', index: 0xc000_0081, data: 0n },
  { name: 'MSR_LSTAR', index: 0xc000_0082, data: 0n },
  { name: 'MSR_CSTAR', index: 0xc000_0083, data: 0n },
  { name: 'MSR_SYSCALL_MASK', index: 0xc000_0084, data: 0n },
  { name: 'MSR_KERNEL_GS_BASE', index: 0xc000_0102, data: 0n },
  { name: 'MSR_IA32_MISC_ENABLE', index: 0x1a0, data: MISC_ENABLE_FAST_STRING },
  { name: 'MSR_MTRRdefType', index: 0x2ff, data: MTRR_ENABLED_WRITE_BACK },
];

/**
 * Sets the MSRs, each for itself: a KVM that lacks one still boots kernels.
 * @param onSkipped told the name of each that KVM refused
 * @throws SysError if KVM fails altogether
 */
export function setupMsrs(vcpu: Pick<Vcpu, 'setMsrs'>, onSkipped: (name: string) => void): void {
  for (const { name, index, data } of BOOT_MSRS) {
    try {
      vcpu.setMsrs([{ index, data }]);
    } catch (error) {
      if (error instanceof SysError) {
        throw error;
      }
      onSkipped(name);
    }
  }
}
