import {
  KVM_CAP_IRQFD_RESAMPLE,
  KVM_CAP_SPLIT_IRQCHIP,
  KVM_EXIT_HLT,
  KVM_EXIT_IO,
  KVM_EXIT_IOAPIC_EOI,
  KVM_EXIT_MMIO,
  KVM_IRQCHIP_IOAPIC,
  KVM_IRQCHIP_PIC_MASTER,
  KVM_IRQCHIP_PIC_SLAVE,
  KVM_PIT_SPEAKER_DUMMY,
} from '@crosvm/kvm-sys';
import { EventFd } from '@crosvm/sys-util';

import { Kvm, type MsiMessage, type Vm } from './index';
import {
  eventually,
  itIf,
  machineCode,
  PIC_GUEST_HANDLER_PORT,
  PIC_GUEST_IDLE_PORT,
  PIC_GUEST_LINE,
  picGuest,
  TestGuest,
} from './testing/index';

const code = (error: string): Error => expect.objectContaining({ code: error }) as Error;
const withIrqchip = (vm: Vm): void => vm.createIrqchip();

const can = ((): { split: boolean; resample: boolean } => {
  using kvm = Kvm.open();
  return {
    split: kvm.checkExtension(KVM_CAP_SPLIT_IRQCHIP) > 0,
    resample: kvm.checkExtension(KVM_CAP_IRQFD_RESAMPLE) > 0,
  };
})();

/** A VM with the in-kernel interrupt controllers, and nothing else. */
function irqchipVm(): Vm {
  using kvm = Kvm.open();
  const vm = kvm.createVm();
  vm.createIrqchip();
  return vm;
}

/** Interrupt requests that the first PIC has latched, a bit a line. */
const picRequests = (vm: Vm): number => vm.getIrqchip(KVM_IRQCHIP_PIC_MASTER).chip.pic.irr;

describe('the in-kernel interrupt controllers', () => {
  it.each([KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE])('keep the state of PIC %p', (chip) => {
    using vm = irqchipVm();
    const state = vm.getIrqchip(chip);
    state.chip.pic.imr = 0x5a;
    state.chip.pic.irq_base = 0x70;

    vm.setIrqchip(state);

    expect(vm.getIrqchip(chip).buffer).toEqual(state.buffer);
    expect(vm.getIrqchip(chip).chip_id).toBe(chip);
  });

  it('keep the state of the I/O APIC', () => {
    using vm = irqchipVm();
    const state = vm.getIrqchip(KVM_IRQCHIP_IOAPIC);
    state.chip.ioapic.redirtbl.set(3, 0x0100_0000_0000_8931n);

    vm.setIrqchip(state);

    const { ioapic } = vm.getIrqchip(KVM_IRQCHIP_IOAPIC).chip;
    expect(ioapic.redirtbl.get(3)).toBe(0x0100_0000_0000_8931n);
    expect(ioapic.base_address).toBe(0xfec0_0000n);
  });

  it('are made once, and before the first vCPU', () => {
    using vm = irqchipVm();
    using guest = TestGuest.create({ code: machineCode('f4') });

    expect(() => vm.createIrqchip()).toThrow(code('EEXIST'));
    expect(() => guest.vm.createIrqchip()).toThrow(code('EINVAL'));
    expect(() => guest.vm.getIrqchip(KVM_IRQCHIP_IOAPIC)).toThrow(code('ENXIO'));
  });

  it('latch an edge of a line', () => {
    using vm = irqchipVm();

    vm.irqLine(4, true);
    vm.irqLine(4, false);

    expect(picRequests(vm)).toBe(1 << 4);
  });

  itIf(can.split, 'no KVM_CAP_SPLIT_IRQCHIP')(
    'can be split: the end of an interrupt is told to the I/O APIC outside',
    () => {
      const vector = 0x31;
      using guest = TestGuest.create({
        mode: 'long',
        prepare: (vm) => vm.createSplitIrqchip(24),
        code: machineCode(
          'bb b0 00 e0 fe       ; mov ebx, 0xfee000b0 (EOI)',
          'c7 03 00 00 00 00    ; mov dword [rbx], 0',
          'e6 80                ; out 0x80, al',
          'eb fc                ; jmp to the out',
        ),
      });
      // The pin is level-triggered, and the local APIC has its interrupt in service.
      const msi = { addressLow: 0xfee0_0000, addressHigh: 0, data: 0x8000 | vector };
      guest.vm.setGsiRouting([{ gsi: 4, msi }]);
      const lapic = guest.vcpu.getLapic();
      lapic.regs.set([0xff, 1], 0xf0);
      for (const register of [0x110, 0x190]) {
        lapic.regs[register + 2] = 1 << (vector - 48);
      }
      guest.vcpu.setLapic(lapic);

      // Where code is interpreted, one more instruction may come first.
      const exits = Array.from({ length: 2 }, () => [guest.vcpu.run(), guest.vcpu.exit.eoiVector]);

      expect(exits).toContainEqual([KVM_EXIT_IOAPIC_EOI, vector]);
    },
  );
});

describe('the in-kernel PIT', () => {
  it('keeps its state', () => {
    using vm = irqchipVm();
    vm.createPit2(KVM_PIT_SPEAKER_DUMMY);
    const state = vm.getPit2();
    state.channels.get(1).mode = 2;
    state.channels.get(1).count = 0x1234;

    vm.setPit2(state);

    const channel = vm.getPit2().channels.get(1);
    expect([channel.mode, channel.count]).toEqual([2, 0x1234]);
  });

  it('is there once', () => {
    using vm = irqchipVm();
    vm.createPit2();

    expect(() => vm.createPit2()).toThrow(code('EEXIST'));
    expect(() => irqchipVm().getPit2()).toThrow(code('ENXIO'));
  });
});

describe('irqfd', () => {
  it('raises its interrupt, until it is taken away', async () => {
    using vm = irqchipVm();
    using event = EventFd.create();
    vm.registerIrqfd(event, 5);

    event.signal();
    await eventually(() => picRequests(vm) === 1 << 5);
    vm.unregisterIrqfd(event, 5);
    event.signal();

    // Nobody takes the event any more.
    expect(event.read()).toBe(1);
  });

  it('has one interrupt an eventfd, of those that there are', () => {
    using vm = irqchipVm();
    using event = EventFd.create();
    vm.registerIrqfd(event, 5);

    expect(() => vm.registerIrqfd(event, 6)).toThrow(code('EBUSY'));
    expect(() => vm.registerIrqfd({ raw: 0 }, 6)).toThrow(code('EINVAL'));
  });

  itIf(can.resample, 'no KVM_CAP_IRQFD_RESAMPLE')(
    'with resampling keeps the line up until the guest acknowledges, and tells',
    async () => {
      using guest = picGuest();
      using event = EventFd.create();
      using resample = EventFd.create();
      guest.vm.registerIrqfd(event, PIC_GUEST_LINE, resample);
      const ports = (count: number): number[] =>
        Array.from({ length: count }, () => {
          guest.vcpu.run();
          return guest.vcpu.exit.ioPort;
        });

      const setUp = ports(1);
      event.signal();
      await eventually(() => picRequests(guest.vm) === 1 << PIC_GUEST_LINE);
      const early = resample.read();
      const seen = ports(4);
      const late = resample.read();

      expect(setUp).toEqual([PIC_GUEST_IDLE_PORT]);
      expect(seen.filter((port) => port === PIC_GUEST_HANDLER_PORT)).toHaveLength(1);
      expect([early, late]).toEqual([undefined, 1]);
      expect(picRequests(guest.vm)).toBe(0);
    },
  );
});

describe('ioeventfd', () => {
  it('is signalled by a write to its port, without an exit', () => {
    using guest = TestGuest.create({ code: machineCode('e6 42   ; out 0x42, al', 'f4') });
    using event = EventFd.create();
    guest.vm.registerIoevent({ fd: event, at: { port: 0x42 }, length: 1 });

    const reason = guest.vcpu.run();

    expect(reason).toBe(KVM_EXIT_HLT);
    expect(event.read()).toBe(1);
  });

  it('with a value is signalled by that only', () => {
    using guest = TestGuest.create({
      code: machineCode('b0 07   e6 42   ; out 0x42, 7', 'b0 08   e6 42   ; out 0x42, 8', 'f4'),
    });
    using seven = EventFd.create();
    using nine = EventFd.create();
    guest.vm.registerIoevent({ fd: seven, at: { port: 0x42 }, length: 1, datamatch: 7 });
    guest.vm.registerIoevent({ fd: nine, at: { port: 0x42 }, length: 1, datamatch: 9n });

    const reasons = [guest.vcpu.run(), guest.data[0], guest.vcpu.run()];

    expect(reasons).toEqual([KVM_EXIT_IO, 8, KVM_EXIT_HLT]);
    expect([seven.read(), nine.read()]).toEqual([1, undefined]);
  });

  it('is signalled by a write to its address, of its length', () => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode(
        'bb 00 00 00 d0         ; mov ebx, 0xd0000000',
        'c7 03 34 12 00 00      ; mov dword [rbx], 0x1234',
        '66 c7 03 34 12         ; mov word [rbx], 0x1234',
        'c7 43 08 78 56 00 00   ; mov dword [rbx + 8], 0x5678',
        'f4',
      ),
    });
    using exact = EventFd.create();
    using any = EventFd.create();
    const at = { mmio: 0xd000_0000 };
    guest.vm.registerIoevent({ fd: exact, at, length: 4, datamatch: 0x1234 });
    guest.vm.registerIoevent({ fd: any, at: { mmio: 0xd000_0008 }, length: 0 });

    const reasons = [guest.vcpu.run(), guest.vcpu.exit.mmioLength, guest.vcpu.run()];

    expect(reasons).toEqual([KVM_EXIT_MMIO, 2, KVM_EXIT_HLT]);
    expect([exact.read(), any.read()]).toEqual([1, 1]);
  });

  it('is signalled no more when taken away', () => {
    using guest = TestGuest.create({ code: machineCode('e6 42   ; out 0x42, al', 'f4') });
    using event = EventFd.create();
    const ioevent = { fd: event, at: { port: 0x42 }, length: 1 } as const;
    guest.vm.registerIoevent(ioevent);

    guest.vm.unregisterIoevent(ioevent);

    expect(guest.vcpu.run()).toBe(KVM_EXIT_IO);
    expect(event.read()).toBeUndefined();
    expect(() => guest.vm.unregisterIoevent(ioevent)).toThrow(code('ENOENT'));
  });

  it('is there once for the same writes', () => {
    using guest = TestGuest.create({ code: machineCode('f4') });
    using event = EventFd.create();
    const ioevent = { fd: event, at: { port: 0x42 }, length: 1 } as const;
    guest.vm.registerIoevent(ioevent);

    expect(() => guest.vm.registerIoevent(ioevent)).toThrow(code('EEXIST'));
  });
});

describe('routes', () => {
  const MSI: MsiMessage = { addressLow: 0xfee0_0000, addressHigh: 0, data: 0x31 };
  /** Requests of the vectors 0x20 to 0x3f in the local APIC, as a bitmap from 0x20. */
  const lapicRequests = ({ vcpu }: TestGuest): number => {
    const { regs } = vcpu.getLapic();
    return new DataView(regs.buffer, regs.byteOffset).getUint32(0x210, true);
  };
  /** A guest whose local APIC is switched on. */
  const lapicGuest = (): TestGuest => {
    const guest = TestGuest.create({ code: machineCode('f4'), prepare: withIrqchip });
    const lapic = guest.vcpu.getLapic();
    lapic.regs.set([0xff, 1], 0xf0);
    guest.vcpu.setLapic(lapic);
    return guest;
  };

  it('lead from an irqfd to a message-signalled interrupt', async () => {
    using guest = lapicGuest();
    using event = EventFd.create();
    guest.vm.setGsiRouting([{ gsi: 40, msi: MSI }]);
    guest.vm.registerIrqfd(event, 40);

    event.signal();
    await eventually(() => lapicRequests(guest) !== 0);

    expect(lapicRequests(guest)).toBe(1 << 0x11);
  });

  it('lead from a line to the pins that they name, and nowhere else', () => {
    using guest = lapicGuest();
    guest.vm.setGsiRouting([
      { gsi: 7, irqchip: KVM_IRQCHIP_PIC_MASTER, pin: 3 },
      { gsi: 7, irqchip: KVM_IRQCHIP_IOAPIC, pin: 9 },
    ]);

    guest.vm.irqLine(7, true);
    guest.vm.irqLine(4, true);

    expect(picRequests(guest.vm)).toBe(1 << 3);
    expect(guest.vm.getIrqchip(KVM_IRQCHIP_IOAPIC).chip.ioapic.irr).toBe(1 << 9);
  });

  it('are refused where they lead nowhere', () => {
    using vm = irqchipVm();

    expect(() => vm.setGsiRouting([{ gsi: 1, irqchip: 77, pin: 0 }])).toThrow(code('EINVAL'));
  });

  it('are not needed to signal a message', () => {
    using guest = lapicGuest();

    const delivered = guest.vm.signalMsi({ ...MSI, data: 0x3f });

    expect(delivered).toBe(true);
    expect(lapicRequests(guest)).toBe(0x8000_0000);
  });
});
