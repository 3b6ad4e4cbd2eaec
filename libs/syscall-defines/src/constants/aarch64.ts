import type { ConstantTable } from './table';

/** What is only on aarch64, or has another value there. */
export const aarch64Constants = (): ConstantTable => ({
  KVM_ARM_VCPU_FINALIZE: 0x4004aec2,
  KVM_ARM_VCPU_INIT: 0x4020aeae,
  KVM_ARM_PREFERRED_TARGET: 0x8020aeaf,
  O_DIRECTORY: 0x4000,
  O_NOFOLLOW: 0x8000,
  O_DIRECT: 0x10000,
  O_LARGEFILE: 0x20000,
  O_TMPFILE: 0x404000,
  PROT_BTI: 0x10,
  PROT_MTE: 0x20,
});
