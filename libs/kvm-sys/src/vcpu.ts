import {
  addr64,
  array,
  bytes,
  flexible,
  io,
  ior,
  iow,
  iowr,
  struct,
  u16,
  u32,
  u64,
  u8,
} from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/** General registers. */
export const kvm_regs = struct('kvm_regs', {
  rax: u64,
  rbx: u64,
  rcx: u64,
  rdx: u64,
  rsi: u64,
  rdi: u64,
  rsp: u64,
  rbp: u64,
  r8: u64,
  r9: u64,
  r10: u64,
  r11: u64,
  r12: u64,
  r13: u64,
  r14: u64,
  r15: u64,
  rip: u64,
  rflags: u64,
});

/** A segment register with its hidden part. */
export const kvm_segment = struct('kvm_segment', {
  base: u64,
  limit: u32,
  selector: u16,
  type: u8,
  present: u8,
  dpl: u8,
  db: u8,
  s: u8,
  l: u8,
  g: u8,
  avl: u8,
  unusable: u8,
  padding: u8,
});

/** GDTR or IDTR. */
export const kvm_dtable = struct('kvm_dtable', {
  base: u64,
  limit: u16,
  padding: array(u16, 3),
});

/** Interrupt vectors of the architecture. */
export const KVM_NR_INTERRUPTS = 256;

const SEGMENTS = {
  cs: kvm_segment,
  ds: kvm_segment,
  es: kvm_segment,
  fs: kvm_segment,
  gs: kvm_segment,
  ss: kvm_segment,
  tr: kvm_segment,
  ldt: kvm_segment,
  gdt: kvm_dtable,
  idt: kvm_dtable,
} as const;

const CONTROL_REGISTERS = {
  cr0: u64,
  cr2: u64,
  cr3: u64,
  cr4: u64,
  cr8: u64,
  efer: u64,
  apic_base: u64,
} as const;

/** Segments, descriptor tables and control registers. */
export const kvm_sregs = struct('kvm_sregs', {
  ...SEGMENTS,
  ...CONTROL_REGISTERS,
  interrupt_bitmap: array(u64, KVM_NR_INTERRUPTS / 64),
});

/** Like `kvm_sregs`, with the PDPTRs instead of the pending interrupt. KVM_CAP_SREGS2. */
export const kvm_sregs2 = struct('kvm_sregs2', {
  ...SEGMENTS,
  ...CONTROL_REGISTERS,
  flags: u64,
  pdptrs: array(u64, 4),
});

/** `kvm_sregs2.flags` */
export const KVM_SREGS2_FLAGS_PDPTRS_VALID = 1;

/** x87 and SSE state; `fpr` is eight registers of 16 bytes, `xmm` sixteen. */
export const kvm_fpu = struct('kvm_fpu', {
  fpr: bytes(8 * 16),
  fcw: u16,
  fsw: u16,
  ftwx: u8,
  pad1: u8,
  last_opcode: u16,
  last_ip: u64,
  last_dp: u64,
  xmm: bytes(16 * 16),
  mxcsr: u32,
  pad2: u32,
});

/** An MSR and its value. */
export const kvm_msr_entry = struct('kvm_msr_entry', {
  index: u32,
  reserved: u32,
  data: u64,
});

/** A list of MSRs. */
export const kvm_msrs = struct('kvm_msrs', {
  nmsrs: u32,
  pad: u32,
  entries: flexible(kvm_msr_entry),
});

/** Bytes of the local APIC's registers. */
export const KVM_APIC_REG_SIZE = 0x400;

/** The local APIC's registers, each in the first 4 of 16 bytes. */
export const kvm_lapic_state = struct('kvm_lapic_state', {
  regs: bytes(KVM_APIC_REG_SIZE),
});

/** What a vCPU is about to do (KVM_MP_STATE_*). */
export const kvm_mp_state = struct('kvm_mp_state', {
  mp_state: u32,
});

/** Runs. */
export const KVM_MP_STATE_RUNNABLE = 0;
/** An application processor that waits for INIT. */
export const KVM_MP_STATE_UNINITIALIZED = 1;
/** Got INIT and waits for SIPI. */
export const KVM_MP_STATE_INIT_RECEIVED = 2;
/** Executed HLT and waits for an interrupt. */
export const KVM_MP_STATE_HALTED = 3;
/** Got SIPI. */
export const KVM_MP_STATE_SIPI_RECEIVED = 4;
/** Stopped. */
export const KVM_MP_STATE_STOPPED = 5;
/** Waits for AMD's AP reset hold to end. */
export const KVM_MP_STATE_AP_RESET_HOLD = 9;

/** The XSAVE area; `extra` where KVM_CAP_XSAVE2 answers more than 4096 bytes. */
export const kvm_xsave = struct('kvm_xsave', {
  region: array(u32, 1024),
  extra: flexible(u32),
});

/** An extended control register. */
export const kvm_xcr = struct('kvm_xcr', {
  xcr: u32,
  reserved: u32,
  value: u64,
});

/** Most entries of `kvm_xcrs`. */
export const KVM_MAX_XCRS = 16;

/** All extended control registers. */
export const kvm_xcrs = struct('kvm_xcrs', {
  nr_xcrs: u32,
  flags: u32,
  xcrs: array(kvm_xcr, KVM_MAX_XCRS),
  padding: array(u64, 16),
});

/** Debug registers. */
export const kvm_debugregs = struct('kvm_debugregs', {
  db: array(u64, 4),
  dr6: u64,
  dr7: u64,
  flags: u64,
  reserved: array(u64, 9),
});

/** Exceptions, interrupts, NMIs and SMIs that are pending or were injected. */
export const kvm_vcpu_events = struct('kvm_vcpu_events', {
  exception: struct('kvm_vcpu_events_exception', {
    injected: u8,
    nr: u8,
    has_error_code: u8,
    pending: u8,
    error_code: u32,
  }),
  interrupt: struct('kvm_vcpu_events_interrupt', {
    injected: u8,
    nr: u8,
    soft: u8,
    shadow: u8,
  }),
  nmi: struct('kvm_vcpu_events_nmi', {
    injected: u8,
    pending: u8,
    masked: u8,
    pad: u8,
  }),
  sipi_vector: u32,
  flags: u32,
  smi: struct('kvm_vcpu_events_smi', {
    smm: u8,
    pending: u8,
    smm_inside_nmi: u8,
    latched_init: u8,
  }),
  triple_fault: struct('kvm_vcpu_events_triple_fault', { pending: u8 }),
  reserved: bytes(26),
  exception_has_payload: u8,
  exception_payload: u64,
});

/** `kvm_vcpu_events.flags`: set `nmi.pending`. */
export const KVM_VCPUEVENT_VALID_NMI_PENDING = 0x01;
/** `kvm_vcpu_events.flags`: set `sipi_vector`. */
export const KVM_VCPUEVENT_VALID_SIPI_VECTOR = 0x02;
/** `kvm_vcpu_events.flags`: `interrupt.shadow` is valid. */
export const KVM_VCPUEVENT_VALID_SHADOW = 0x04;
/** `kvm_vcpu_events.flags`: `smi` is valid. */
export const KVM_VCPUEVENT_VALID_SMM = 0x08;
/** `kvm_vcpu_events.flags`: the exception payload is valid. KVM_CAP_EXCEPTION_PAYLOAD. */
export const KVM_VCPUEVENT_VALID_PAYLOAD = 0x10;
/** `kvm_vcpu_events.flags`: `triple_fault` is valid. KVM_CAP_X86_TRIPLE_FAULT_EVENT. */
export const KVM_VCPUEVENT_VALID_TRIPLE_FAULT = 0x20;
/** `interrupt.shadow` */
export const KVM_X86_SHADOW_INT_MOV_SS = 0x01;
/** `interrupt.shadow` */
export const KVM_X86_SHADOW_INT_STI = 0x02;

/** Signals blocked inside KVM_RUN; `len` is 8, the size of the kernel's sigset. */
export const kvm_signal_mask = struct('kvm_signal_mask', {
  len: u32,
  sigset: flexible(u8),
});

/** DR0 to DR3 and DR7 for hardware breakpoints. */
export const kvm_guest_debug_arch = struct('kvm_guest_debug_arch', {
  debugreg: array(u64, 8),
});

/** How the host debugs the guest. */
export const kvm_guest_debug = struct('kvm_guest_debug', {
  control: u32,
  pad: u32,
  arch: kvm_guest_debug_arch,
});

/** `kvm_guest_debug.control` */
export const KVM_GUESTDBG_ENABLE = 0x1;
/** `kvm_guest_debug.control`: exit after each instruction. */
export const KVM_GUESTDBG_SINGLESTEP = 0x2;
/** `kvm_guest_debug.control`: exit at INT3. */
export const KVM_GUESTDBG_USE_SW_BP = 0x1_0000;
/** `kvm_guest_debug.control`: exit as `arch.debugreg` says. */
export const KVM_GUESTDBG_USE_HW_BP = 0x2_0000;
/** `kvm_guest_debug.control`: inject #DB. */
export const KVM_GUESTDBG_INJECT_DB = 0x4_0000;
/** `kvm_guest_debug.control`: inject #BP. */
export const KVM_GUESTDBG_INJECT_BP = 0x8_0000;
/** `kvm_guest_debug.control`: no interrupts while stepping. */
export const KVM_GUESTDBG_BLOCKIRQ = 0x10_0000;

/** The vector of an interrupt to inject. */
export const kvm_interrupt = struct('kvm_interrupt', {
  irq: u32,
});

/** A walk of the guest's page tables. */
export const kvm_translation = struct('kvm_translation', {
  linear_address: u64,
  physical_address: u64,
  valid: u8,
  writeable: u8,
  usermode: u8,
  pad: bytes(5),
});

/** Whether accesses to the task priority register exit. */
export const kvm_tpr_access_ctl = struct('kvm_tpr_access_ctl', {
  enabled: u32,
  flags: u32,
  reserved: array(u32, 8),
});

/** Where the guest's virtual APIC page is. */
export const kvm_vapic_addr = struct('kvm_vapic_addr', {
  vapic_addr: addr64,
});

/** A machine check to inject. */
export const kvm_x86_mce = struct('kvm_x86_mce', {
  status: u64,
  addr: u64,
  misc: u64,
  mcg_status: u64,
  bank: u8,
  pad1: bytes(7),
  pad2: array(u64, 3),
});

/* ioctls of the vCPU fd. */

/** Runs the guest until something is to be done outside. */
export const KVM_RUN = io('KVM_RUN', KVMIO, 0x80);
export const KVM_GET_REGS = ior('KVM_GET_REGS', KVMIO, 0x81, kvm_regs);
export const KVM_SET_REGS = iow('KVM_SET_REGS', KVMIO, 0x82, kvm_regs);
export const KVM_GET_SREGS = ior('KVM_GET_SREGS', KVMIO, 0x83, kvm_sregs);
export const KVM_SET_SREGS = iow('KVM_SET_SREGS', KVMIO, 0x84, kvm_sregs);
/** Translates a guest-virtual address. */
export const KVM_TRANSLATE = iowr('KVM_TRANSLATE', KVMIO, 0x85, kvm_translation);
/** Queues an interrupt; only without the in-kernel interrupt controllers. */
export const KVM_INTERRUPT = iow('KVM_INTERRUPT', KVMIO, 0x86, kvm_interrupt);
/** Answers how many entries it read; the first that it could not ends it. Also of the system fd. */
export const KVM_GET_MSRS = iowr('KVM_GET_MSRS', KVMIO, 0x88, kvm_msrs);
/** Answers how many entries it set; the first that it could not ends it. */
export const KVM_SET_MSRS = iow('KVM_SET_MSRS', KVMIO, 0x89, kvm_msrs);
/** The signals that are blocked inside KVM_RUN; a null argument: those of the thread. */
export const KVM_SET_SIGNAL_MASK = iow('KVM_SET_SIGNAL_MASK', KVMIO, 0x8b, kvm_signal_mask);
export const KVM_GET_FPU = ior('KVM_GET_FPU', KVMIO, 0x8c, kvm_fpu);
export const KVM_SET_FPU = iow('KVM_SET_FPU', KVMIO, 0x8d, kvm_fpu);
export const KVM_GET_LAPIC = ior('KVM_GET_LAPIC', KVMIO, 0x8e, kvm_lapic_state);
export const KVM_SET_LAPIC = iow('KVM_SET_LAPIC', KVMIO, 0x8f, kvm_lapic_state);
/** KVM_CAP_VAPIC */
export const KVM_TPR_ACCESS_REPORTING = iowr(
  'KVM_TPR_ACCESS_REPORTING',
  KVMIO,
  0x92,
  kvm_tpr_access_ctl,
);
/** KVM_CAP_VAPIC */
export const KVM_SET_VAPIC_ADDR = iow('KVM_SET_VAPIC_ADDR', KVMIO, 0x93, kvm_vapic_addr);
export const KVM_GET_MP_STATE = ior('KVM_GET_MP_STATE', KVMIO, 0x98, kvm_mp_state);
export const KVM_SET_MP_STATE = iow('KVM_SET_MP_STATE', KVMIO, 0x99, kvm_mp_state);
/** Queues an NMI. KVM_CAP_USER_NMI. */
export const KVM_NMI = io('KVM_NMI', KVMIO, 0x9a);
/** KVM_CAP_SET_GUEST_DEBUG */
export const KVM_SET_GUEST_DEBUG = iow('KVM_SET_GUEST_DEBUG', KVMIO, 0x9b, kvm_guest_debug);
/** KVM_CAP_MCE */
export const KVM_X86_SETUP_MCE = iow('KVM_X86_SETUP_MCE', KVMIO, 0x9c, 8);
/** System fd. KVM_CAP_MCE. */
export const KVM_X86_GET_MCE_CAP_SUPPORTED = ior('KVM_X86_GET_MCE_CAP_SUPPORTED', KVMIO, 0x9d, 8);
/** KVM_CAP_MCE */
export const KVM_X86_SET_MCE = iow('KVM_X86_SET_MCE', KVMIO, 0x9e, kvm_x86_mce);
/** KVM_CAP_VCPU_EVENTS */
export const KVM_GET_VCPU_EVENTS = ior('KVM_GET_VCPU_EVENTS', KVMIO, 0x9f, kvm_vcpu_events);
/** KVM_CAP_VCPU_EVENTS */
export const KVM_SET_VCPU_EVENTS = iow('KVM_SET_VCPU_EVENTS', KVMIO, 0xa0, kvm_vcpu_events);
/** KVM_CAP_DEBUGREGS */
export const KVM_GET_DEBUGREGS = ior('KVM_GET_DEBUGREGS', KVMIO, 0xa1, kvm_debugregs);
/** KVM_CAP_DEBUGREGS */
export const KVM_SET_DEBUGREGS = iow('KVM_SET_DEBUGREGS', KVMIO, 0xa2, kvm_debugregs);
/** The guest's TSC frequency in kHz; also of the VM fd. KVM_CAP_TSC_CONTROL. */
export const KVM_SET_TSC_KHZ = io('KVM_SET_TSC_KHZ', KVMIO, 0xa2);
/** Answers the guest's TSC frequency in kHz; also of the VM fd. KVM_CAP_GET_TSC_KHZ. */
export const KVM_GET_TSC_KHZ = io('KVM_GET_TSC_KHZ', KVMIO, 0xa3);
/** KVM_CAP_XSAVE */
export const KVM_GET_XSAVE = ior('KVM_GET_XSAVE', KVMIO, 0xa4, kvm_xsave);
/** KVM_CAP_XSAVE; reads as many bytes as KVM_CAP_XSAVE2 answers. */
export const KVM_SET_XSAVE = iow('KVM_SET_XSAVE', KVMIO, 0xa5, kvm_xsave);
/** KVM_CAP_XCRS */
export const KVM_GET_XCRS = ior('KVM_GET_XCRS', KVMIO, 0xa6, kvm_xcrs);
/** KVM_CAP_XCRS */
export const KVM_SET_XCRS = iow('KVM_SET_XCRS', KVMIO, 0xa7, kvm_xcrs);
/** Tells the guest's soft lockup watchdog that it was stopped. KVM_CAP_KVMCLOCK_CTRL. */
export const KVM_KVMCLOCK_CTRL = io('KVM_KVMCLOCK_CTRL', KVMIO, 0xad);
/** Queues an SMI. KVM_CAP_X86_SMM. */
export const KVM_SMI = io('KVM_SMI', KVMIO, 0xb7);
/** KVM_CAP_SREGS2 */
export const KVM_GET_SREGS2 = ior('KVM_GET_SREGS2', KVMIO, 0xcc, kvm_sregs2);
/** KVM_CAP_SREGS2 */
export const KVM_SET_SREGS2 = iow('KVM_SET_SREGS2', KVMIO, 0xcd, kvm_sregs2);
/** Writes as many bytes as KVM_CAP_XSAVE2 answers. */
export const KVM_GET_XSAVE2 = ior('KVM_GET_XSAVE2', KVMIO, 0xcf, kvm_xsave);
