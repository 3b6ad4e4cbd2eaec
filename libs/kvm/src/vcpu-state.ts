import { type Ioctl, PAGE_SIZE } from '@crosvm/data-model';
import {
  kvm_debugregs,
  kvm_device_attr,
  KVM_ENABLE_CAP,
  kvm_enable_cap,
  kvm_fpu,
  KVM_GET_CPUID2,
  KVM_GET_DEBUGREGS,
  KVM_GET_DEVICE_ATTR,
  KVM_GET_FPU,
  KVM_GET_LAPIC,
  KVM_GET_MP_STATE,
  KVM_GET_REGS,
  KVM_GET_SREGS,
  KVM_GET_SREGS2,
  KVM_GET_TSC_KHZ,
  KVM_GET_VCPU_EVENTS,
  KVM_GET_XCRS,
  KVM_GET_XSAVE,
  KVM_GET_XSAVE2,
  kvm_guest_debug,
  KVM_INTERRUPT,
  kvm_interrupt,
  KVM_KVMCLOCK_CTRL,
  kvm_lapic_state,
  kvm_mp_state,
  KVM_NMI,
  kvm_regs,
  KVM_SET_CPUID2,
  KVM_SET_DEBUGREGS,
  KVM_SET_DEVICE_ATTR,
  KVM_SET_FPU,
  KVM_SET_GUEST_DEBUG,
  KVM_SET_LAPIC,
  KVM_SET_MP_STATE,
  KVM_SET_REGS,
  KVM_SET_SIGNAL_MASK,
  KVM_SET_SREGS,
  KVM_SET_SREGS2,
  KVM_SET_TSC_KHZ,
  KVM_SET_VCPU_EVENTS,
  KVM_SET_XCRS,
  KVM_SET_XSAVE,
  kvm_signal_mask,
  KVM_SMI,
  kvm_sregs,
  kvm_sregs2,
  KVM_TRANSLATE,
  kvm_translation,
  kvm_vcpu_events,
  KVM_VCPU_TSC_CTRL,
  KVM_VCPU_TSC_OFFSET,
  kvm_xcrs,
  kvm_xsave,
} from '@crosvm/kvm-sys';
import { ioctl, Mapping, type SignalSet } from '@crosvm/sys-util';

import { cpuidBytes, type CpuidEntry, readCpuid } from './cpuid';
import type { HasFd } from './fd-ref';
import { type MsrEntry, readMsrs, writeMsrs } from './msr';
import { bytesOf, fill, type Filled, type StructArgument } from './struct-argument';

/** Breakpoints and stepping for `VcpuState.setGuestDebug`. */
export interface GuestDebug {
  /** KVM_GUESTDBG_* */
  readonly control: number;
  /** DR0 to DR7 with KVM_GUESTDBG_USE_HW_BP. */
  readonly debugRegisters?: readonly bigint[];
}

/**
 * The registers and other state of a vCPU.
 * Each `get` gives a struct in a buffer of its own, which the matching `set` takes.
 */
export abstract class VcpuState implements HasFd {
  /** The vCPU's descriptor. @throws Error after `close` */
  abstract get raw(): number;

  /** General registers. */
  getRegs(): Filled<typeof kvm_regs.fields> {
    return fill(this.raw, KVM_GET_REGS, kvm_regs);
  }

  /** Sets the general registers. */
  setRegs(regs: StructArgument): void {
    this.#call(KVM_SET_REGS, regs);
  }

  /** Segments, descriptor tables and control registers. */
  getSregs(): Filled<typeof kvm_sregs.fields> {
    return fill(this.raw, KVM_GET_SREGS, kvm_sregs);
  }

  /** @throws SysError EINVAL for a state that the architecture does not have */
  setSregs(sregs: StructArgument): void {
    this.#call(KVM_SET_SREGS, sregs);
  }

  /** Like `getSregs`, with the PDPTRs. KVM_CAP_SREGS2. */
  getSregs2(): Filled<typeof kvm_sregs2.fields> {
    return fill(this.raw, KVM_GET_SREGS2, kvm_sregs2);
  }

  /** @throws SysError EINVAL for a state that the architecture does not have */
  setSregs2(sregs: StructArgument): void {
    this.#call(KVM_SET_SREGS2, sregs);
  }

  /** x87 and SSE state. */
  getFpu(): Filled<typeof kvm_fpu.fields> {
    return fill(this.raw, KVM_GET_FPU, kvm_fpu);
  }

  /** Sets the x87 and SSE state. */
  setFpu(fpu: StructArgument): void {
    this.#call(KVM_SET_FPU, fpu);
  }

  /** Reads MSRs. @throws Error that names the first that KVM would not read */
  getMsrs(indices: readonly number[]): MsrEntry[] {
    return readMsrs(this.raw, indices);
  }

  /** Sets MSRs in order. @throws Error that names the first that KVM would not set */
  setMsrs(msrs: readonly MsrEntry[]): void {
    writeMsrs(this.raw, msrs);
  }

  /** What the guest's CPUID answers; nothing before `setCpuid2`. */
  getCpuid2(): CpuidEntry[] {
    return readCpuid(this.raw, KVM_GET_CPUID2);
  }

  /**
   * Sets what the guest's CPUID answers; before the vCPU runs.
   * @throws SysError E2BIG, EINVAL
   */
  setCpuid2(entries: readonly Readonly<CpuidEntry>[]): void {
    this.#call(KVM_SET_CPUID2, cpuidBytes(entries));
  }

  /** The local APIC's registers. @throws SysError EINVAL without the in-kernel local APIC */
  getLapic(): Filled<typeof kvm_lapic_state.fields> {
    return fill(this.raw, KVM_GET_LAPIC, kvm_lapic_state);
  }

  /** @throws SysError EINVAL without the in-kernel local APIC */
  setLapic(lapic: StructArgument): void {
    this.#call(KVM_SET_LAPIC, lapic);
  }

  /** KVM_MP_STATE_* */
  getMpState(): number {
    return fill(this.raw, KVM_GET_MP_STATE, kvm_mp_state).mp_state;
  }

  /**
   * @param state KVM_MP_STATE_*
   * @throws SysError EINVAL for a state that needs the in-kernel local APIC
   */
  setMpState(state: number): void {
    this.#call(KVM_SET_MP_STATE, kvm_mp_state.from({ mp_state: state }));
  }

  /**
   * The XSAVE area.
   * @param size `Vm.xsaveSize`; more than 4096 bytes only where a guest may use AMX or the like
   */
  getXsave(size: number = PAGE_SIZE): Filled<typeof kvm_xsave.fields> {
    const xsave = kvm_xsave.allocate(Math.max(0, size - kvm_xsave.size));
    this.#call(size > PAGE_SIZE ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, xsave);
    return xsave;
  }

  /**
   * Sets the XSAVE area, `Vm.xsaveSize` bytes.
   * @throws SysError EINVAL for features that the guest's CPUID does not have
   */
  setXsave(xsave: StructArgument): void {
    this.#call(KVM_SET_XSAVE, xsave);
  }

  /** Extended control registers. */
  getXcrs(): Filled<typeof kvm_xcrs.fields> {
    return fill(this.raw, KVM_GET_XCRS, kvm_xcrs);
  }

  /** @throws SysError EINVAL for features that the guest's CPUID does not have */
  setXcrs(xcrs: StructArgument): void {
    this.#call(KVM_SET_XCRS, xcrs);
  }

  /** Debug registers. */
  getDebugRegs(): Filled<typeof kvm_debugregs.fields> {
    return fill(this.raw, KVM_GET_DEBUGREGS, kvm_debugregs);
  }

  /** @throws SysError EINVAL */
  setDebugRegs(registers: StructArgument): void {
    this.#call(KVM_SET_DEBUGREGS, registers);
  }

  /** Exceptions, interrupts, NMIs and SMIs that are pending or were injected. */
  getVcpuEvents(): Filled<typeof kvm_vcpu_events.fields> {
    return fill(this.raw, KVM_GET_VCPU_EVENTS, kvm_vcpu_events);
  }

  /** @throws SysError EINVAL */
  setVcpuEvents(events: StructArgument): void {
    this.#call(KVM_SET_VCPU_EVENTS, events);
  }

  /** The guest's TSC frequency in kHz. @throws SysError EIO if the host's TSC is unstable */
  getTscKhz(): number {
    return ioctl(this.raw, KVM_GET_TSC_KHZ);
  }

  /** @throws SysError EINVAL for a frequency that KVM cannot give: KVM_CAP_TSC_CONTROL */
  setTscKhz(khz: number): void {
    ioctl(this.raw, KVM_SET_TSC_KHZ, khz);
  }

  /**
   * What is added to the host's TSC to make the guest's, modulo 2^64.
   * @throws SysError ENXIO, EINVAL before Linux 5.16
   */
  get tscOffset(): bigint {
    return this.#tscOffset(KVM_GET_DEVICE_ATTR, 0n);
  }

  set tscOffset(offset: bigint) {
    this.#tscOffset(KVM_SET_DEVICE_ATTR, offset);
  }

  /**
   * Which signals are blocked inside `run` (and only there): one that is not, ends it.
   * @param blocked undefined: those that the thread blocks
   */
  setSignalMask(blocked: SignalSet | undefined): void {
    if (blocked === undefined) {
      ioctl(this.raw, KVM_SET_SIGNAL_MASK, 0);
      return;
    }
    const { kernelBytes } = blocked;
    const mask = kvm_signal_mask.allocate(kernelBytes.length);
    mask.len = kernelBytes.length;
    mask.buffer.set(kernelBytes, kvm_signal_mask.offsetOf('sigset'));
    this.#call(KVM_SET_SIGNAL_MASK, mask);
  }

  /** Queues a non-maskable interrupt. KVM_CAP_USER_NMI. */
  nmi(): void {
    ioctl(this.raw, KVM_NMI);
  }

  /** Queues a system management interrupt. KVM_CAP_X86_SMM. */
  smi(): void {
    ioctl(this.raw, KVM_SMI);
  }

  /**
   * Injects an interrupt when the guest next can take it; only without the in-kernel PICs.
   * @throws SysError ENXIO with them, EEXIST if one is queued, EINVAL
   */
  interrupt(vector: number): void {
    this.#call(KVM_INTERRUPT, kvm_interrupt.from({ irq: vector }));
  }

  /** Sets breakpoints and stepping; `control` 0 ends it. */
  setGuestDebug({ control, debugRegisters = [] }: GuestDebug): void {
    const arch = { debugreg: debugRegisters };
    this.#call(KVM_SET_GUEST_DEBUG, kvm_guest_debug.from({ control, arch }));
  }

  /**
   * Tells the guest's kvm-clock that it was paused, so that its watchdogs stay calm.
   * @throws SysError EINVAL if the guest does not use kvm-clock
   */
  kvmclockControl(): void {
    ioctl(this.raw, KVM_KVMCLOCK_CTRL);
  }

  /**
   * Walks the guest's page tables.
   * @returns the guest-physical address, undefined where nothing is mapped
   */
  translate(linear: bigint): bigint | undefined {
    const translation = kvm_translation.allocate();
    translation.linear_address = linear;
    this.#call(KVM_TRANSLATE, translation);
    return translation.valid === 0 ? undefined : translation.physical_address;
  }

  /** Switches a capability of the vCPU on. @throws SysError EINVAL */
  enableCap(capability: number, args: readonly bigint[] = [], flags = 0): void {
    this.#call(KVM_ENABLE_CAP, kvm_enable_cap.from({ cap: capability, flags, args }));
  }

  #tscOffset(def: Ioctl, offset: bigint): bigint {
    using memory = Mapping.anonymous(PAGE_SIZE);
    const { buffer, byteOffset } = memory.bytes;
    const value = new BigUint64Array(buffer, byteOffset, 1);
    value[0] = offset;
    const attribute = { group: KVM_VCPU_TSC_CTRL, attr: BigInt(KVM_VCPU_TSC_OFFSET) };
    // SAFETY: the kernel has done with the memory when the call returns.
    this.#call(def, kvm_device_attr.from({ ...attribute, addr: memory.address }));
    return value[0];
  }

  #call(def: Ioctl, argument: StructArgument): number {
    return ioctl(this.raw, def, bytesOf(argument));
  }
}
