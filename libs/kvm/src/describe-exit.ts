import {
  KVM_EXIT_DEBUG,
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_HYPERCALL,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_IO,
  KVM_EXIT_IOAPIC_EOI,
  KVM_EXIT_MEMORY_FAULT,
  KVM_EXIT_MMIO,
  KVM_EXIT_SHUTDOWN,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
  KVM_EXIT_X86_RDMSR,
  KVM_EXIT_X86_WRMSR,
  KVM_INTERNAL_ERROR_EMULATION,
  KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES,
} from '@crosvm/kvm-sys';

import { exitName, internalErrorName, systemEventName } from './names';
import type { Vcpu } from './vcpu';

/** What is looked at of a vCPU. */
export type StoppedVcpu = Pick<Vcpu, 'exit' | 'runBytes' | 'runStruct' | 'getRegs'>;

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Bytes as hex pairs, in the order in which they lie in memory. */
function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function describeIo({ exit }: StoppedVcpu): string {
  const direction = exit.ioIsWrite ? 'out to' : 'in from';
  return `${exit.ioCount} x ${exit.ioSize} bytes ${direction} port ${hex(exit.ioPort)}`;
}

function describeMmio({ exit, runBytes }: StoppedVcpu): string {
  const place = `${exit.mmioLength} bytes at ${hex(exit.mmioAddress)}`;
  if (!exit.mmioIsWrite) {
    return `read of ${place}`;
  }
  const at = exit.mmioDataOffset;
  return `write of ${place}: ${hexBytes(runBytes.subarray(at, at + exit.mmioLength))}`;
}

function describeInternalError({ runStruct }: StoppedVcpu): string {
  const { internal, emulation_failure: failure } = runStruct.exit;
  const name = internalErrorName(internal.suberror);
  const hasBytes =
    internal.suberror === KVM_INTERNAL_ERROR_EMULATION &&
    internal.ndata >= 3 &&
    (failure.flags & BigInt(KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES)) !== 0n;
  if (hasBytes) {
    return `${name}, instruction ${hexBytes(failure.insn_bytes.subarray(0, failure.insn_size))}`;
  }
  const count = Math.min(internal.ndata, internal.data.length);
  const data = Array.from({ length: count }, (_, index) => hex(internal.data.get(index)));
  return data.length === 0 ? name : `${name}, data ${data.join(' ')}`;
}

function describeSystemEvent({ runStruct }: StoppedVcpu): string {
  const { type, data } = runStruct.exit.system_event;
  return `${systemEventName(type)}, ${hex(data.get(0))}`;
}

/** The details of an exit, by its reason. */
const DETAILS: ReadonlyMap<number, (vcpu: StoppedVcpu) => string> = new Map([
  [KVM_EXIT_UNKNOWN, ({ runStruct }) => hex(runStruct.exit.hw.hardware_exit_reason)],
  [KVM_EXIT_IO, describeIo],
  [KVM_EXIT_MMIO, describeMmio],
  [KVM_EXIT_SHUTDOWN, () => 'triple fault'],
  [
    KVM_EXIT_FAIL_ENTRY,
    ({ runStruct: { exit } }) =>
      `hardware reason ${hex(exit.fail_entry.hardware_entry_failure_reason)} ` +
      `on host CPU ${exit.fail_entry.cpu}`,
  ],
  [KVM_EXIT_INTERNAL_ERROR, describeInternalError],
  [KVM_EXIT_SYSTEM_EVENT, describeSystemEvent],
  [
    KVM_EXIT_DEBUG,
    ({ runStruct: { exit } }) =>
      `exception ${exit.debug.arch.exception}, DR6 ${hex(exit.debug.arch.dr6)}`,
  ],
  [KVM_EXIT_HYPERCALL, ({ runStruct }) => `number ${hex(runStruct.exit.hypercall.nr)}`],
  [KVM_EXIT_IOAPIC_EOI, ({ exit }) => `vector ${exit.eoiVector}`],
  [KVM_EXIT_X86_RDMSR, ({ exit }) => `MSR ${hex(exit.msrIndex)}`],
  [
    KVM_EXIT_X86_WRMSR,
    ({ exit, runStruct }) => `MSR ${hex(exit.msrIndex)} = ${hex(runStruct.exit.msr.data)}`,
  ],
  [
    KVM_EXIT_MEMORY_FAULT,
    ({ runStruct: { exit } }) => `${exit.memory_fault.size} bytes at ${hex(exit.memory_fault.gpa)}`,
  ],
] as const);

/** The guest's instruction pointer, where the vCPU can still be asked. */
function describePlace(vcpu: StoppedVcpu): string {
  try {
    return ` at RIP ${hex(vcpu.getRegs().rip)}`;
  } catch {
    return '';
  }
}

/**
 * The last exit of a vCPU as one line for people: reason, details, instruction pointer.
 * Slow: not for the ordinary exits of a running guest.
 * @param reason what `run` returned; differs from `exit.reason` where the run was interrupted
 */
export function describeExit(vcpu: StoppedVcpu, reason: number = vcpu.exit.reason): string {
  const details = DETAILS.get(reason)?.(vcpu);
  return `${exitName(reason)}${details === undefined ? '' : ` (${details})`}${describePlace(vcpu)}`;
}
