import { array, flexible, iow, iowr, struct, u32 } from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/** One CPUID leaf, or subleaf where the flags say that `index` counts. */
export const kvm_cpuid_entry2 = struct('kvm_cpuid_entry2', {
  function: u32,
  index: u32,
  flags: u32,
  eax: u32,
  ebx: u32,
  ecx: u32,
  edx: u32,
  padding: array(u32, 3),
});

/** `kvm_cpuid_entry2.flags`: `index` (ECX) is significant. The kernel's spelling. */
export const KVM_CPUID_FLAG_SIGNIFCANT_INDEX = 1;
/** `kvm_cpuid_entry2.flags`: obsolete, never set by current kernels. */
export const KVM_CPUID_FLAG_STATEFUL_FUNC = 2;
/** `kvm_cpuid_entry2.flags`: obsolete, never set by current kernels. */
export const KVM_CPUID_FLAG_STATE_READ_NEXT = 4;

/** A list of CPUID leaves. */
export const kvm_cpuid2 = struct('kvm_cpuid2', {
  nent: u32,
  padding: u32,
  entries: flexible(kvm_cpuid_entry2),
});

/** System fd: the leaves that hardware and KVM support. E2BIG where there is too little room. */
export const KVM_GET_SUPPORTED_CPUID = iowr('KVM_GET_SUPPORTED_CPUID', KVMIO, 0x05, kvm_cpuid2);
/** System fd: the leaves that KVM can emulate, though slowly. */
export const KVM_GET_EMULATED_CPUID = iowr('KVM_GET_EMULATED_CPUID', KVMIO, 0x09, kvm_cpuid2);
/** vCPU fd: what the guest's CPUID answers. */
export const KVM_SET_CPUID2 = iow('KVM_SET_CPUID2', KVMIO, 0x90, kvm_cpuid2);
/** vCPU fd: what the guest's CPUID answers. */
export const KVM_GET_CPUID2 = iowr('KVM_GET_CPUID2', KVMIO, 0x91, kvm_cpuid2);
