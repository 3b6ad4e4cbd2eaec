import {
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_HYPERCALL,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_IO,
  KVM_EXIT_IO_OUT,
  KVM_EXIT_IOAPIC_EOI,
  KVM_EXIT_MEMORY_FAULT,
  KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
  KVM_INTERNAL_ERROR_DELIVERY_EV,
  KVM_INTERNAL_ERROR_EMULATION,
  kvm_regs,
  kvm_run,
} from '@crosvm/kvm-sys';

import { describeExit } from './describe-exit';
import { VcpuExit } from './vcpu-exit';

type Run = ReturnType<typeof kvm_run.allocate>;

/** The line for a vCPU at 0x1000 whose run page `fill` fills. */
function line(reason: number, fill: (exit: Run['exit']) => void = () => undefined): string {
  const run = kvm_run.allocate();
  run.exit_reason = reason;
  fill(run.exit);
  const exit = new VcpuExit(new DataView(run.buffer.buffer));
  const getRegs = (): ReturnType<typeof kvm_regs.allocate> => {
    const regs = kvm_regs.allocate();
    regs.rip = 0x1000n;
    return regs;
  };
  return describeExit({ exit, runBytes: run.buffer, runStruct: run, getRegs });
}

describe('describeExit', () => {
  it.each([
    [
      'KVM_EXIT_IO (3 x 2 bytes out to port 0x3f8) at RIP 0x1000',
      line(KVM_EXIT_IO, ({ io }) =>
        Object.assign(io, { direction: KVM_EXIT_IO_OUT, size: 2, port: 0x3f8, count: 3 }),
      ),
    ],
    [
      'KVM_EXIT_IO (1 x 1 bytes in from port 0x60) at RIP 0x1000',
      line(KVM_EXIT_IO, ({ io }) => Object.assign(io, { size: 1, port: 0x60, count: 1 })),
    ],
    [
      'KVM_EXIT_MMIO (write of 2 bytes at 0xd0000000: 12 34) at RIP 0x1000',
      line(KVM_EXIT_MMIO, ({ mmio }) => {
        Object.assign(mmio, { phys_addr: 0xd000_0000, len: 2, is_write: 1 });
        mmio.data.set([0x12, 0x34]);
      }),
    ],
    [
      'KVM_EXIT_MMIO (read of 4 bytes at 0x0) at RIP 0x1000',
      line(KVM_EXIT_MMIO, ({ mmio }) => Object.assign(mmio, { len: 4 })),
    ],
    [
      'KVM_EXIT_FAIL_ENTRY (hardware reason 0x80000021 on host CPU 3) at RIP 0x1000',
      line(KVM_EXIT_FAIL_ENTRY, ({ fail_entry }) =>
        Object.assign(fail_entry, { hardware_entry_failure_reason: 0x8000_0021n, cpu: 3 }),
      ),
    ],
    [
      'KVM_EXIT_INTERNAL_ERROR (KVM_INTERNAL_ERROR_EMULATION, instruction 0f 0b) at RIP 0x1000',
      line(KVM_EXIT_INTERNAL_ERROR, ({ emulation_failure }) => {
        const suberror = KVM_INTERNAL_ERROR_EMULATION;
        Object.assign(emulation_failure, { suberror, ndata: 3, flags: 1n, insn_size: 2 });
        emulation_failure.insn_bytes.set([0x0f, 0x0b, 0x90]);
      }),
    ],
    [
      'KVM_EXIT_INTERNAL_ERROR (KVM_INTERNAL_ERROR_DELIVERY_EV, data 0x9 0x0) at RIP 0x1000',
      line(KVM_EXIT_INTERNAL_ERROR, ({ internal }) => {
        Object.assign(internal, { suberror: KVM_INTERNAL_ERROR_DELIVERY_EV, ndata: 2 });
        internal.data.set(0, 9n);
      }),
    ],
    [
      'KVM_EXIT_INTERNAL_ERROR (internal error 99) at RIP 0x1000',
      line(KVM_EXIT_INTERNAL_ERROR, ({ internal }) => Object.assign(internal, { suberror: 99 })),
    ],
    [
      'KVM_EXIT_SYSTEM_EVENT (KVM_SYSTEM_EVENT_RESET, 0x5) at RIP 0x1000',
      line(KVM_EXIT_SYSTEM_EVENT, ({ system_event }) => {
        system_event.type = 2;
        system_event.data.set(0, 5n);
      }),
    ],
    [
      'KVM_EXIT_SYSTEM_EVENT (system event 77, 0x0) at RIP 0x1000',
      line(KVM_EXIT_SYSTEM_EVENT, ({ system_event }) => Object.assign(system_event, { type: 77 })),
    ],
    [
      'KVM_EXIT_MEMORY_FAULT (4096 bytes at 0x8000) at RIP 0x1000',
      line(KVM_EXIT_MEMORY_FAULT, ({ memory_fault }) =>
        Object.assign(memory_fault, { gpa: 0x8000, size: 4096 }),
      ),
    ],
    [
      'KVM_EXIT_IOAPIC_EOI (vector 49) at RIP 0x1000',
      line(KVM_EXIT_IOAPIC_EOI, ({ eoi }) => Object.assign(eoi, { vector: 49 })),
    ],
    [
      'KVM_EXIT_HYPERCALL (number 0xc) at RIP 0x1000',
      line(KVM_EXIT_HYPERCALL, ({ hypercall }) => Object.assign(hypercall, { nr: 12n })),
    ],
    ['KVM_EXIT_UNKNOWN (0x0) at RIP 0x1000', line(KVM_EXIT_UNKNOWN)],
    ['KVM exit 4711 at RIP 0x1000', line(4711)],
  ])('says %s', (expected, described) => {
    expect(described).toBe(expected);
  });

  it('leaves out the place where the vCPU cannot be asked any more', () => {
    const run = kvm_run.allocate();
    run.exit_reason = 8;
    const exit = new VcpuExit(new DataView(run.buffer.buffer));
    const getRegs = (): never => {
      throw new Error('closed');
    };

    const described = describeExit({ exit, runBytes: run.buffer, runStruct: run, getRegs });

    expect(described).toBe('KVM_EXIT_SHUTDOWN (triple fault)');
  });

  it('believes no count of data beyond what there is room for', () => {
    const described = line(KVM_EXIT_INTERNAL_ERROR, ({ internal }) => {
      Object.assign(internal, { suberror: 3, ndata: 0xffff_ffff });
    });

    expect(described.match(/0x0/g)).toHaveLength(16);
  });
});
