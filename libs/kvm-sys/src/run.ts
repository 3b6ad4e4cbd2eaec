import { addr64, array, bytes, struct, u16, u32, u64, u8, union } from '@crosvm/data-model';

import { kvm_regs, kvm_sregs, kvm_vcpu_events } from './vcpu';

/** What KVM_EXIT_DEBUG tells. */
export const kvm_debug_exit_arch = struct('kvm_debug_exit_arch', {
  exception: u32,
  pad: u32,
  pc: u64,
  dr6: u64,
  dr7: u64,
});

/** Registers in the shared page itself. KVM_CAP_SYNC_REGS. */
export const kvm_sync_regs = struct('kvm_sync_regs', {
  regs: kvm_regs,
  sregs: kvm_sregs,
  events: kvm_vcpu_events,
});

/** `kvm_run.kvm_valid_regs` and `kvm_dirty_regs` */
export const KVM_SYNC_X86_REGS = 1;
/** `kvm_run.kvm_valid_regs` and `kvm_dirty_regs` */
export const KVM_SYNC_X86_SREGS = 2;
/** `kvm_run.kvm_valid_regs` and `kvm_dirty_regs` */
export const KVM_SYNC_X86_EVENTS = 4;

/** Bytes kept for the registers in `kvm_run.s`. */
export const SYNC_REGS_SIZE_BYTES = 2048;

/**
 * The page that a vCPU shares with KVM: map KVM_GET_VCPU_MMAP_SIZE bytes of its fd.
 * `exit` has no name in C; `exit_reason` says which of its members is valid.
 */
export const kvm_run = struct('kvm_run', {
  request_interrupt_window: u8,
  immediate_exit: u8,
  padding1: bytes(6),
  exit_reason: u32,
  ready_for_interrupt_injection: u8,
  if_flag: u8,
  flags: u16,
  cr8: u64,
  apic_base: u64,
  exit: union('kvm_run_exit', {
    hw: struct('kvm_run_hw', { hardware_exit_reason: u64 }),
    fail_entry: struct('kvm_run_fail_entry', { hardware_entry_failure_reason: u64, cpu: u32 }),
    ex: struct('kvm_run_ex', { exception: u32, error_code: u32 }),
    io: struct('kvm_run_io', {
      direction: u8,
      size: u8,
      port: u16,
      count: u32,
      data_offset: addr64,
    }),
    debug: struct('kvm_run_debug', { arch: kvm_debug_exit_arch }),
    mmio: struct('kvm_run_mmio', { phys_addr: addr64, data: bytes(8), len: u32, is_write: u8 }),
    hypercall: struct('kvm_run_hypercall', {
      nr: u64,
      args: array(u64, 6),
      ret: u64,
      longmode: u32,
      pad: u32,
    }),
    tpr_access: struct('kvm_run_tpr_access', { rip: u64, is_write: u32, pad: u32 }),
    internal: struct('kvm_run_internal', { suberror: u32, ndata: u32, data: array(u64, 16) }),
    emulation_failure: struct('kvm_run_emulation_failure', {
      suberror: u32,
      ndata: u32,
      flags: u64,
      insn_size: u8,
      insn_bytes: bytes(15),
    }),
    system_event: struct('kvm_run_system_event', { type: u32, ndata: u32, data: array(u64, 16) }),
    eoi: struct('kvm_run_eoi', { vector: u8 }),
    msr: struct('kvm_run_msr', {
      error: u8,
      pad: bytes(7),
      reason: u32,
      index: u32,
      data: u64,
    }),
    notify: struct('kvm_run_notify', { flags: u32 }),
    memory_fault: struct('kvm_run_memory_fault', { flags: u64, gpa: addr64, size: addr64 }),
    padding: bytes(256),
  }),
  kvm_valid_regs: u64,
  kvm_dirty_regs: u64,
  s: union('kvm_run_s', { regs: kvm_sync_regs, padding: bytes(SYNC_REGS_SIZE_BYTES) }),
});

/** `kvm_run.flags`: the vCPU is in system management mode. */
export const KVM_RUN_X86_SMM = 1;
/** `kvm_run.flags`: the exit came with a bus lock. */
export const KVM_RUN_X86_BUS_LOCK = 2;

/* `kvm_run.exit_reason` */

export const KVM_EXIT_UNKNOWN = 0;
export const KVM_EXIT_EXCEPTION = 1;
/** Port I/O: `io`. */
export const KVM_EXIT_IO = 2;
/** `hypercall` */
export const KVM_EXIT_HYPERCALL = 3;
/** `debug` */
export const KVM_EXIT_DEBUG = 4;
/** HLT, without the in-kernel local APIC. */
export const KVM_EXIT_HLT = 5;
/** `mmio` */
export const KVM_EXIT_MMIO = 6;
/** An interrupt can be injected now, as `request_interrupt_window` asked. */
export const KVM_EXIT_IRQ_WINDOW_OPEN = 7;
/** Triple fault. */
export const KVM_EXIT_SHUTDOWN = 8;
/** `fail_entry` */
export const KVM_EXIT_FAIL_ENTRY = 9;
/** A signal, or `immediate_exit`. */
export const KVM_EXIT_INTR = 10;
export const KVM_EXIT_SET_TPR = 11;
/** `tpr_access` */
export const KVM_EXIT_TPR_ACCESS = 12;
export const KVM_EXIT_NMI = 16;
/** `internal`, and `emulation_failure` where `suberror` says so. */
export const KVM_EXIT_INTERNAL_ERROR = 17;
/** `system_event` */
export const KVM_EXIT_SYSTEM_EVENT = 24;
/** `eoi`, with the split irqchip. */
export const KVM_EXIT_IOAPIC_EOI = 26;
export const KVM_EXIT_HYPERV = 27;
/** `msr` */
export const KVM_EXIT_X86_RDMSR = 29;
/** `msr` */
export const KVM_EXIT_X86_WRMSR = 30;
export const KVM_EXIT_DIRTY_RING_FULL = 31;
export const KVM_EXIT_AP_RESET_HOLD = 32;
export const KVM_EXIT_X86_BUS_LOCK = 33;
export const KVM_EXIT_XEN = 34;
/** `notify` */
export const KVM_EXIT_NOTIFY = 37;
/** `memory_fault`. Linux 6.8. */
export const KVM_EXIT_MEMORY_FAULT = 39;

/** `io.direction`: the guest reads. */
export const KVM_EXIT_IO_IN = 0;
/** `io.direction`: the guest writes. */
export const KVM_EXIT_IO_OUT = 1;

/** `internal.suberror`: KVM could not emulate an instruction. */
export const KVM_INTERNAL_ERROR_EMULATION = 1;
/** `internal.suberror` */
export const KVM_INTERNAL_ERROR_SIMUL_EX = 2;
/** `internal.suberror` */
export const KVM_INTERNAL_ERROR_DELIVERY_EV = 3;
/** `internal.suberror` */
export const KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON = 4;
/** `emulation_failure.flags`: `insn_size` and `insn_bytes` are valid. */
export const KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES = 1;

/** `system_event.type` */
export const KVM_SYSTEM_EVENT_SHUTDOWN = 1;
/** `system_event.type` */
export const KVM_SYSTEM_EVENT_RESET = 2;
/** `system_event.type` */
export const KVM_SYSTEM_EVENT_CRASH = 3;
/** `system_event.type` */
export const KVM_SYSTEM_EVENT_WAKEUP = 4;
/** `system_event.type` */
export const KVM_SYSTEM_EVENT_SUSPEND = 5;
/** `system_event.type` */
export const KVM_SYSTEM_EVENT_SEV_TERM = 6;
/** `notify.flags` */
export const KVM_NOTIFY_CONTEXT_INVALID = 1;
