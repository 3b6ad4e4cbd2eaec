import {
  KVM_CAP_HYPERV,
  KVM_CAP_X86_USER_SPACE_MSR,
  KVM_EXIT_DEBUG,
  KVM_EXIT_HLT,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_INTR,
  KVM_EXIT_IO,
  KVM_EXIT_IRQ_WINDOW_OPEN,
  KVM_EXIT_SHUTDOWN,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_X86_RDMSR,
  KVM_EXIT_X86_WRMSR,
  KVM_GUESTDBG_ENABLE,
  KVM_GUESTDBG_SINGLESTEP,
  KVM_GUESTDBG_USE_HW_BP,
  KVM_GUESTDBG_USE_SW_BP,
  KVM_INTERNAL_ERROR_EMULATION,
  KVM_MSR_EXIT_REASON_UNKNOWN,
  KVM_SYSTEM_EVENT_CRASH,
} from '@crosvm/kvm-sys';

import { describeExit, Kvm } from './index';
import { itIf, machineCode, TestGuest, virtualization } from './testing/index';

const can = (capability: number): boolean => {
  using kvm = Kvm.open();
  return kvm.checkExtension(capability) > 0;
};

describe('the end of a guest', () => {
  it('is KVM_EXIT_HLT where it halts', () => {
    using guest = TestGuest.create({ code: machineCode('f4') });

    expect(guest.vcpu.run()).toBe(KVM_EXIT_HLT);
    expect(describeExit(guest.vcpu)).toBe('KVM_EXIT_HLT at RIP 0x1001');
  });

  it('is KVM_EXIT_SHUTDOWN where an exception has no handler', () => {
    using guest = TestGuest.create({ mode: 'long', code: machineCode('0f 0b   ; ud2') });

    expect(guest.vcpu.run()).toBe(KVM_EXIT_SHUTDOWN);
    expect(describeExit(guest.vcpu)).toMatch(/^KVM_EXIT_SHUTDOWN \(triple fault\) at RIP 0x/);
  });

  it('is KVM_EXIT_INTERNAL_ERROR where it jumps to where there is no memory', () => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode('b8 00 00 00 d0   ; mov eax, 0xd0000000', 'ff e0   ; jmp rax'),
    });

    expect(guest.vcpu.run()).toBe(KVM_EXIT_INTERNAL_ERROR);
    expect(guest.vcpu.exit.internalSuberror).toBe(KVM_INTERNAL_ERROR_EMULATION);
    expect(describeExit(guest.vcpu)).toMatch(
      /^KVM_EXIT_INTERNAL_ERROR \(KVM_INTERNAL_ERROR_EMULATION, .*\) at RIP 0xd0000000$/,
    );
  });

  itIf(can(KVM_CAP_HYPERV), 'no KVM_CAP_HYPERV')(
    'is KVM_EXIT_SYSTEM_EVENT where it reports a crash as Windows does',
    () => {
      using guest = TestGuest.create({
        mode: 'long',
        code: machineCode(
          'b9 05 01 00 40   ; mov ecx, HV_X64_MSR_CRASH_CTL',
          '31 c0            ; xor eax, eax',
          'ba 00 00 00 80   ; mov edx, 0x80000000',
          '0f 30            ; wrmsr',
          'f4',
        ),
      });
      const leaf = { index: 0, flags: 0, eax: 0, ebx: 0, ecx: 0, edx: 0 };
      const HV_1 = 0x3123_7648;
      guest.vcpu.setCpuid2([
        ...guest.kvm.supportedCpuid().filter((entry) => entry.function < 0x4000_0000),
        { ...leaf, function: 0x4000_0000, eax: 0x4000_0006 },
        { ...leaf, function: 0x4000_0001, eax: HV_1 },
        { ...leaf, function: 0x4000_0003, edx: 1 << 10 },
      ]);

      expect(guest.vcpu.run()).toBe(KVM_EXIT_SYSTEM_EVENT);
      expect(guest.vcpu.exit.systemEventType).toBe(KVM_SYSTEM_EVENT_CRASH);
      expect(describeExit(guest.vcpu)).toContain('KVM_SYSTEM_EVENT_CRASH');
    },
  );
});

describe('immediateExit', () => {
  it('makes run return KVM_EXIT_INTR at once, as long as it is set', () => {
    using guest = TestGuest.create({ code: machineCode('f4') });

    guest.vcpu.immediateExit = true;
    const reasons = [guest.vcpu.run(), guest.vcpu.run()];
    const described = describeExit(guest.vcpu, reasons[0]);
    guest.vcpu.immediateExit = false;

    expect(reasons).toEqual([KVM_EXIT_INTR, KVM_EXIT_INTR]);
    expect(described).toBe('KVM_EXIT_INTR at RIP 0x1000');
    expect(guest.vcpu.run()).toBe(KVM_EXIT_HLT);
  });
});

describe('a vCPU that nobody started', () => {
  it('ends its run with KVM_EXIT_INTR when it is to stop', () => {
    using guest = TestGuest.create({
      code: machineCode('f4'),
      prepare: (vm) => vm.createIrqchip(),
    });
    using second = guest.vm.createVcpu(1);
    second.immediateExit = true;

    expect(second.run()).toBe(KVM_EXIT_INTR);
  });
});

describe('interrupts from outside', () => {
  it('are injected when KVM_EXIT_IRQ_WINDOW_OPEN says so', () => {
    using guest = TestGuest.create({
      code: machineCode('fb   ; sti', '90   ; nop', 'eb fe   ; jmp to itself'),
    });
    guest.memory.writeU16(0x21 * 4, 0x1100);
    guest.memory.write(0x1100, machineCode('e6 80   ; out 0x80, al', 'f4'));
    const { vcpu } = guest;

    const before = vcpu.readyForInterrupt;
    vcpu.requestInterruptWindow = true;
    const reason = vcpu.run();
    const state = [vcpu.readyForInterrupt, vcpu.interruptFlag];
    vcpu.requestInterruptWindow = false;
    vcpu.interrupt(0x21);
    const interrupted = vcpu.run();

    expect([before, reason, ...state]).toEqual([false, KVM_EXIT_IRQ_WINDOW_OPEN, true, true]);
    expect([interrupted, vcpu.exit.ioPort]).toEqual([KVM_EXIT_IO, 0x80]);
    expect(vcpu.interruptFlag).toBe(false);
  });
});

describe('KVM_EXIT_DEBUG', () => {
  const NOPS = machineCode('90', '90', '90', 'f4');

  it.each(['real', 'long'] as const)(
    'comes of each instruction while stepping, in %s mode',
    (mode) => {
      using guest = TestGuest.create({ mode, code: NOPS });
      const { vcpu } = guest;
      vcpu.setGuestDebug({ control: KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP });

      const steps = [vcpu.run(), vcpu.getRegs().rip, vcpu.run(), vcpu.getRegs().rip];
      vcpu.setGuestDebug({ control: 0 });

      expect(steps).toEqual([KVM_EXIT_DEBUG, 0x1001n, KVM_EXIT_DEBUG, 0x1002n]);
      expect(vcpu.run()).toBe(KVM_EXIT_HLT);
    },
  );

  itIf(virtualization() !== 'emulated', 'this CPU is emulated, without breakpoints')(
    'comes of a hardware breakpoint',
    () => {
      using guest = TestGuest.create({ mode: 'long', code: NOPS });
      const { vcpu } = guest;
      const ENABLE_DR0 = 0x402n;
      vcpu.setGuestDebug({
        control: KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
        debugRegisters: [0x1002n, 0n, 0n, 0n, 0n, 0n, 0n, ENABLE_DR0],
      });

      const reason = vcpu.run();

      const { exception, pc } = vcpu.runStruct.exit.debug.arch;
      expect([reason, exception, pc]).toEqual([KVM_EXIT_DEBUG, 1, 0x1002n]);
      expect(describeExit(vcpu)).toMatch(
        /^KVM_EXIT_DEBUG \(exception 1, DR6 0x.*\) at RIP 0x1002$/,
      );
    },
  );

  itIf(virtualization() === 'hardware', 'this CPU is emulated, or KVM interprets code: no INT3')(
    'comes of a breakpoint instruction',
    () => {
      using guest = TestGuest.create({ mode: 'long', code: machineCode('90', 'cc', 'f4') });
      guest.vcpu.setGuestDebug({ control: KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP });

      const reason = guest.vcpu.run();

      const { exception, pc } = guest.vcpu.runStruct.exit.debug.arch;
      expect([reason, exception, pc]).toEqual([KVM_EXIT_DEBUG, 3, 0x1001n]);
    },
  );
});

describe('MSRs that KVM does not have', () => {
  itIf(can(KVM_CAP_X86_USER_SPACE_MSR), 'no KVM_CAP_X86_USER_SPACE_MSR')(
    'exit where that was asked for, and take an answer',
    () => {
      using guest = TestGuest.create({
        mode: 'long',
        prepare: (vm) =>
          vm.enableCap(KVM_CAP_X86_USER_SPACE_MSR, [BigInt(KVM_MSR_EXIT_REASON_UNKNOWN)]),
        code: machineCode(
          'b9 00 00 ad de   ; mov ecx, 0xdead0000',
          'b8 78 56 34 12   ; mov eax, 0x12345678',
          '31 d2            ; xor edx, edx',
          '0f 30            ; wrmsr',
          '0f 32            ; rdmsr',
          'f4',
        ),
      });
      const { vcpu } = guest;

      const written = [vcpu.run(), vcpu.exit.msrIndex, vcpu.runStruct.exit.msr.data];
      const describedWrite = describeExit(vcpu);
      vcpu.exit.msrError = false;
      const read = [vcpu.run(), vcpu.exit.msrIndex];
      vcpu.runStruct.exit.msr.data = 0x77n;
      const end = vcpu.run();

      expect(written).toEqual([KVM_EXIT_X86_WRMSR, 0xdead_0000, 0x1234_5678n]);
      expect(describedWrite).toContain('KVM_EXIT_X86_WRMSR (MSR 0xdead0000 = 0x12345678)');
      expect(read).toEqual([KVM_EXIT_X86_RDMSR, 0xdead_0000]);
      expect([end, vcpu.getRegs().rax]).toEqual([KVM_EXIT_HLT, 0x77n]);
    },
  );
});

describe('a vCPU that was closed', () => {
  it('is not run, and shows no exit any more', () => {
    const guest = TestGuest.create({ code: machineCode('f4') });
    const { vcpu } = guest;
    vcpu.run();

    guest[Symbol.dispose]();
    vcpu.close();

    expect(vcpu.exit.reason).toBe(0);
    expect(() => vcpu.run()).toThrow('ioctl(KVM_RUN)');
    expect(() => vcpu.getRegs()).toThrow('used after close');
  });
});
