import {
  KVM_CAP_GET_TSC_KHZ,
  KVM_CAP_KVMCLOCK_CTRL,
  KVM_CAP_SREGS2,
  KVM_CAP_TSC_CONTROL,
  KVM_CAP_X86_SMM,
  KVM_CAP_XCRS,
  KVM_CLOCK_TSC_STABLE,
  KVM_MP_STATE_HALTED,
  KVM_MP_STATE_RUNNABLE,
  KVM_MP_STATE_UNINITIALIZED,
} from '@crosvm/kvm-sys';

import { type CpuidEntry, Kvm, Vcpu, Vm } from './index';
import { itIf, machineCode, TestGuest } from './testing/index';

const code = (error: string): Error => expect.objectContaining({ code: error }) as Error;

const can = (capability: number): boolean => {
  using kvm = Kvm.open();
  return kvm.checkExtension(capability) > 0;
};

/** A guest with the in-kernel local APIC and all of the host's CPUID. */
function guest(): TestGuest {
  const made = TestGuest.create({
    code: machineCode('f4'),
    prepare: (vm) => vm.createIrqchip(),
  });
  made.vcpu.setCpuid2(made.kvm.supportedCpuid());
  return made;
}

describe('what is set is what is got', () => {
  it('of the general registers', () => {
    using g = guest();
    const regs = g.vcpu.getRegs();
    regs.rax = 0xffff_ffff_ffff_ffffn;
    regs.r15 = 0x1234_5678_9abc_def0n;
    regs.rip = 0xfff0n;

    g.vcpu.setRegs(regs);

    expect(g.vcpu.getRegs().buffer).toEqual(regs.buffer);
  });

  it('of segments and control registers', () => {
    using g = guest();
    const sregs = g.vcpu.getSregs();
    sregs.ds.base = 0x1_2340n;
    sregs.ds.selector = 0x1234;
    sregs.gdt.base = 0x5000n;
    sregs.gdt.limit = 0x37;
    sregs.cr2 = 0xdead_b000n;

    g.vcpu.setSregs(sregs);

    expect(g.vcpu.getSregs().buffer).toEqual(sregs.buffer);
  });

  itIf(can(KVM_CAP_SREGS2), 'no KVM_CAP_SREGS2')('of the same with PDPTRs', () => {
    using g = guest();
    const sregs = g.vcpu.getSregs2();
    sregs.es.base = 0x4560n;
    sregs.cr2 = 0xbeef_b000n;

    g.vcpu.setSregs2(sregs);

    expect(g.vcpu.getSregs2().buffer).toEqual(sregs.buffer);
    expect(g.vcpu.getSregs().es.base).toBe(0x4560n);
  });

  it('of the x87 and SSE registers', () => {
    using g = guest();
    const fpu = g.vcpu.getFpu();
    fpu.fcw = 0x37f;
    fpu.fpr.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    fpu.xmm.set([0xaa, 0xbb], 15 * 16);

    g.vcpu.setFpu(fpu);

    const after = g.vcpu.getFpu();
    expect([after.fcw, after.xmm, after.fpr]).toEqual([0x37f, fpu.xmm, fpu.fpr]);
  });

  it('of the XSAVE area', () => {
    using g = guest();
    const size = g.vm.xsaveSize;
    const xsave = g.vcpu.getXsave(size);
    const XMM0 = 160 / 4;
    const XSTATE_BV = 512 / 4;
    const SSE = 2;
    xsave.region.set(XMM0, 0x5555_aaaa);
    xsave.region.set(XSTATE_BV, xsave.region.get(XSTATE_BV) | SSE);

    g.vcpu.setXsave(xsave);

    expect(xsave.buffer.length).toBe(size);
    expect(g.vcpu.getXsave(size).region.get(XMM0)).toBe(0x5555_aaaa);
  });

  itIf(can(KVM_CAP_XCRS), 'no KVM_CAP_XCRS')('of the extended control registers', () => {
    using g = guest();
    const X87_AND_SSE = 3n;
    const xcrs = g.vcpu.getXcrs();
    expect(xcrs.nr_xcrs).toBe(1);
    xcrs.xcrs.get(0).value = X87_AND_SSE;

    g.vcpu.setXcrs(xcrs);

    expect(g.vcpu.getXcrs().xcrs.get(0).value).toBe(X87_AND_SSE);
  });

  it('of the debug registers', () => {
    using g = guest();
    const registers = g.vcpu.getDebugRegs();
    registers.db.set(0, 0x1234n);
    registers.db.set(3, 0xffff_8000_0000_0000n);

    g.vcpu.setDebugRegs(registers);

    expect(g.vcpu.getDebugRegs().buffer).toEqual(registers.buffer);
  });

  it('of pending events', () => {
    using g = guest();
    const events = g.vcpu.getVcpuEvents();
    events.nmi.masked = 1;

    g.vcpu.setVcpuEvents(events);

    expect(g.vcpu.getVcpuEvents().buffer).toEqual(events.buffer);
  });

  it('of the local APIC', () => {
    using g = guest();
    const LVT_LINT0 = 0x350;
    const SPURIOUS = 0xf0;
    const lapic = g.vcpu.getLapic();
    lapic.regs.set([0xff, 1], SPURIOUS);
    lapic.regs.set([0x31, 0, 1, 0], LVT_LINT0);

    g.vcpu.setLapic(lapic);

    const { regs } = g.vcpu.getLapic();
    expect([...regs.subarray(SPURIOUS, SPURIOUS + 2)]).toEqual([0xff, 1]);
    expect([...regs.subarray(LVT_LINT0, LVT_LINT0 + 4)]).toEqual([0x31, 0, 1, 0]);
  });

  it('of the multiprocessor state', () => {
    using g = guest();
    using second = g.vm.createVcpu(1);

    g.vcpu.setMpState(KVM_MP_STATE_HALTED);
    second.setMpState(KVM_MP_STATE_RUNNABLE);

    expect(g.vcpu.getMpState()).toBe(KVM_MP_STATE_HALTED);
    expect(second.getMpState()).toBe(KVM_MP_STATE_RUNNABLE);
  });

  it('of the CPUID leaves', () => {
    using g = guest();
    const leaf = (index: number): CpuidEntry => ({
      function: 0x8000_0002 + index,
      index: 0,
      flags: 0,
      eax: 0x1111_1111,
      ebx: index,
      ecx: 0xffff_ffff,
      edx: 0,
    });
    using second = g.vm.createVcpu(1);

    second.setCpuid2([leaf(0), leaf(1)]);

    expect(second.getCpuid2()).toEqual([leaf(0), leaf(1)]);
    // Kernels drop leaves that say nothing, and fill in some that tell of the state of the CPU.
    const name = (entry: CpuidEntry): string => `${entry.function}/${entry.index}`;
    const names = g.vcpu.getCpuid2().map(name);
    const supported = g.kvm.supportedCpuid();
    expect(supported.map(name)).toEqual(expect.arrayContaining(names));
    expect(names.length).toBeGreaterThan(supported.length / 2);
    expect(g.vcpu.getCpuid2()[0]).toEqual(supported[0]);
  });

  it('of MSRs, in their order', () => {
    using g = guest();
    const [STAR, LSTAR, KERNEL_GS_BASE] = [0xc000_0081, 0xc000_0082, 0xc000_0102];
    const msrs = [
      { index: LSTAR, data: 0xffff_8000_0000_1000n },
      { index: STAR, data: 0x0023_0010_0000_0000n },
      { index: KERNEL_GS_BASE, data: 0x5555n },
    ];

    g.vcpu.setMsrs(msrs);

    expect(g.vcpu.getMsrs([LSTAR, STAR, KERNEL_GS_BASE])).toEqual(msrs);
  });

  it('of the whole list of MSRs', () => {
    using g = guest();
    const indices = g.kvm.msrIndexList();

    const msrs = g.vcpu.getMsrs(indices);

    expect(msrs.map(({ index }) => index)).toEqual(indices);
  });

  it('of more MSRs than KVM takes in one call', () => {
    using g = guest();
    const many = Array.from({ length: 600 }, (_, index) => ({ index: 0x175, data: BigInt(index) }));

    g.vcpu.setMsrs(many);

    const read = g.vcpu.getMsrs(many.map(({ index }) => index));
    expect(read).toHaveLength(600);
    expect(read[599]).toEqual({ index: 0x175, data: 599n });
  });

  itIf(can(KVM_CAP_GET_TSC_KHZ), 'no KVM_CAP_GET_TSC_KHZ')('of the TSC frequency', () => {
    using g = guest();
    const khz = g.vcpu.getTscKhz();

    g.vcpu.setTscKhz(khz);

    expect(khz).toBeGreaterThan(100_000);
    expect(g.vcpu.getTscKhz()).toBe(khz);
  });

  it('of the TSC offset, where the guest has a TSC of its own', () => {
    using g = guest();
    const before = g.vcpu.tscOffset;

    g.vcpu.tscOffset = BigInt.asUintN(64, before - 10n ** 9n);

    // A KVM whose guests read the host's TSC leaves it as it is.
    expect([0n, 10n ** 9n]).toContain(BigInt.asUintN(64, before - g.vcpu.tscOffset));
  });

  itIf(can(KVM_CAP_TSC_CONTROL), 'no KVM_CAP_TSC_CONTROL (TSC scaling)')(
    'of another TSC frequency than the host’s',
    () => {
      using g = guest();
      const half = Math.floor(g.vcpu.getTscKhz() / 2);

      g.vcpu.setTscKhz(half);

      expect(g.vcpu.getTscKhz()).toBe(half);
    },
  );

  it('of kvm-clock, which goes on from there', () => {
    using g = guest();
    const DAY = 86_400_000_000_000n;
    const clock = g.vm.getClock();
    clock.clock = DAY;
    clock.flags &= KVM_CLOCK_TSC_STABLE;

    g.vm.setClock(clock);

    const after = g.vm.getClock().clock;
    expect(after).toBeGreaterThanOrEqual(DAY);
    expect(after).toBeLessThan(DAY + DAY / 24n);
  });
});

describe('an MSR that KVM does not have', () => {
  const KNOWN = 0x175;
  const UNKNOWN = 0xdead_0001;

  it('is named when it is read', () => {
    using g = guest();

    expect(() => g.vcpu.getMsrs([KNOWN, UNKNOWN])).toThrow('KVM does not read MSR 0xdead0001');
  });

  it('is named when it is set, and those before it are set', () => {
    using g = guest();
    const msrs = [
      { index: KNOWN, data: 7n },
      { index: UNKNOWN, data: 0x2an },
      { index: KNOWN, data: 8n },
    ];

    expect(() => g.vcpu.setMsrs(msrs)).toThrow('KVM does not set MSR 0xdead0001 to 0x2a');
    expect(g.vcpu.getMsrs([KNOWN])).toEqual([{ index: KNOWN, data: 7n }]);
  });
});

describe('a state that the architecture does not have', () => {
  it('is refused', () => {
    using g = guest();
    const sregs = g.vcpu.getSregs();
    const CR0_PAGING_WITHOUT_PROTECTION = 0x8000_0000n;
    sregs.cr0 = CR0_PAGING_WITHOUT_PROTECTION;

    expect(() => g.vcpu.setSregs(sregs)).toThrow(code('EINVAL'));
  });

  it('is refused where too few bytes are given', () => {
    using g = guest();

    expect(() => g.vcpu.setRegs(new Uint8Array(8))).toThrow('KVM_SET_REGS needs 144 bytes, not 8');
  });
});

describe('vCPUs', () => {
  it('have ids that are taken once, and not too large', () => {
    using g = guest();

    expect(() => g.vm.createVcpu(0)).toThrow(code('EEXIST'));
    expect(() => g.vm.createVcpu(0x10_0000)).toThrow(code('EINVAL'));
  });

  it('wait for the bootstrap processor, which can be chosen before the first', () => {
    using kvm = Kvm.open();
    using vm = kvm.createVm();
    vm.createIrqchip();
    vm.setBootCpuId(1);

    using first = vm.createVcpu(0);
    using second = vm.createVcpu(1);

    expect(first.getMpState()).toBe(KVM_MP_STATE_UNINITIALIZED);
    expect(second.getMpState()).toBe(KVM_MP_STATE_RUNNABLE);
    expect(() => vm.setBootCpuId(0)).toThrow(code('EBUSY'));
  });

  it('take non-maskable interrupts', () => {
    using g = guest();

    g.vcpu.nmi();

    expect(g.vcpu.getVcpuEvents().nmi.pending).toBe(1);
  });

  itIf(can(KVM_CAP_X86_SMM), 'no KVM_CAP_X86_SMM')('take system management interrupts', () => {
    using g = guest();

    g.vcpu.smi();

    expect(g.vcpu.getVcpuEvents().smi.pending).toBe(1);
  });

  it('take no interrupts from outside where the kernel has the PICs', () => {
    using g = guest();

    expect(() => g.vcpu.interrupt(0x20)).toThrow(code('ENXIO'));
  });

  itIf(can(KVM_CAP_KVMCLOCK_CTRL), 'no KVM_CAP_KVMCLOCK_CTRL')(
    'are told of a pause if they use kvm-clock',
    () => {
      using g = guest();
      const MSR_KVM_SYSTEM_TIME_NEW = 0x4b56_4d01;

      expect(() => g.vcpu.kvmclockControl()).toThrow(code('EINVAL'));
      g.vcpu.setMsrs([{ index: MSR_KVM_SYSTEM_TIME_NEW, data: 0x8001n }]);

      expect(() => g.vcpu.kvmclockControl()).not.toThrow();
    },
  );

  it('translate addresses as their page tables say', () => {
    using g = TestGuest.create({ code: machineCode('f4'), mode: 'long' });

    expect(g.vcpu.translate(0x8000_1234n)).toBe(0x8000_1234n);
    expect(g.vcpu.translate(0x1_0000_0000n)).toBeUndefined();
  });
});

describe('descriptors of another thread', () => {
  it('are used by their number and stay open', () => {
    using g = guest();
    const mmapSize = g.kvm.vcpuMmapSize;

    const vm = Vm.fromRaw(g.vm.raw, mmapSize);
    const vcpu = Vcpu.fromRaw(g.vcpu.raw, mmapSize);
    using added = vm.createVcpu(7);
    vcpu.immediateExit = true;
    const shared = g.vcpu.immediateExit;
    vcpu.close();
    vm.close();

    expect(shared).toBe(true);
    expect(added.raw).not.toBe(g.vcpu.raw);
    expect(g.vcpu.getRegs().rip).toBe(0x1000n);
    expect(() => vcpu.getRegs()).toThrow('used after close');
    expect(() => vm.checkExtension(0)).toThrow('used after close');
  });

  it('are descriptors', () => {
    expect(() => Vm.fromRaw(-1, 4096)).toThrow(RangeError);
    expect(() => Vcpu.fromRaw(1.5, 4096)).toThrow(RangeError);
  });
});
