import { KVM_EXIT_IO_OUT, kvm_run, KVM_SYSTEM_EVENT_RESET } from '@crosvm/kvm-sys';
import fc from 'fast-check';

import { VcpuExit } from './vcpu-exit';

/** A run page as KVM would fill it, and the window on it. */
function page(): { run: ReturnType<typeof kvm_run.allocate>; exit: VcpuExit } {
  const run = kvm_run.allocate();
  return { run, exit: new VcpuExit(new DataView(run.buffer.buffer)) };
}

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const address = fc.maxSafeNat();

describe('VcpuExit', () => {
  it('reads a port access as the kernel writes it', () => {
    fc.assert(
      fc.property(u8, u16, u32, address, (size, port, count, offset) => {
        const { run, exit } = page();
        Object.assign(run.exit.io, { size, port, count, direction: KVM_EXIT_IO_OUT });
        run.exit.io.data_offset = offset;

        expect([exit.ioSize, exit.ioPort, exit.ioCount]).toEqual([size, port, count]);
        expect([exit.ioDataOffset, exit.ioIsWrite]).toEqual([offset, true]);
      }),
    );
  });

  it('reads a memory access as the kernel writes it', () => {
    fc.assert(
      fc.property(address, u32, fc.boolean(), (at, length, isWrite) => {
        const { run, exit } = page();
        Object.assign(run.exit.mmio, { phys_addr: at, len: length, is_write: isWrite ? 1 : 0 });

        expect([exit.mmioAddress, exit.mmioLength]).toEqual([at, length]);
        expect(exit.mmioIsWrite).toBe(isWrite);
      }),
    );
  });

  it('says where the data of a memory access is', () => {
    const { run, exit } = page();

    run.exit.mmio.data.set([0xde, 0xad]);

    const at = exit.mmioDataOffset;
    expect([...run.buffer.subarray(at, at + 2)]).toEqual([0xde, 0xad]);
  });

  it('reads the rarer exits', () => {
    const { run, exit } = page();
    run.exit_reason = 24;
    run.exit.system_event.type = KVM_SYSTEM_EVENT_RESET;
    expect([exit.reason, exit.systemEventType]).toEqual([24, KVM_SYSTEM_EVENT_RESET]);

    run.exit.internal.suberror = 4;
    expect(exit.internalSuberror).toBe(4);

    run.exit.eoi.vector = 0x31;
    expect(exit.eoiVector).toBe(0x31);

    run.exit.msr.index = 0xc000_0080;
    exit.msrError = true;
    expect([exit.msrIndex, run.exit.msr.error]).toEqual([0xc000_0080, 1]);
  });

  it('looks at another page when told', () => {
    const { exit } = page();
    const { run: other } = page();
    other.exit_reason = 5;

    exit.rebind(new DataView(other.buffer.buffer));

    expect(exit.reason).toBe(5);
  });
});
