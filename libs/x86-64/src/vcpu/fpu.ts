import type { Vcpu } from '@crosvm/kvm';

/** x87 control word as FNINIT leaves it: all exceptions masked, 64-bit precision. */
const FCW_INIT = 0x37f;

/**
 * Puts the x87 into the state that kernels expect. MXCSR cannot be set this way: KVM_SET_FPU
 * ignores it, and a new vCPU has its reset value, 0x1f80.
 */
export function setupFpu(vcpu: Vcpu): void {
  const fpu = vcpu.getFpu();
  fpu.fcw = FCW_INIT;
  vcpu.setFpu(fpu);
}
