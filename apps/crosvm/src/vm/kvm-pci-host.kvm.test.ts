import type { MsiMessage } from '@crosvm/devices';
import { Vm } from '@crosvm/kvm';
import {
  KVM_EXIT_IO,
  KVM_EXIT_MMIO,
  KVM_IRQCHIP_IOAPIC,
  KVM_IRQCHIP_PIC_MASTER,
} from '@crosvm/kvm-sys';
import {
  eventually,
  machineCode,
  PIC_GUEST_HANDLER_PORT,
  PIC_GUEST_LINE,
  picGuest,
  TestGuest,
} from '@crosvm/kvm/testing';
import { EventFd } from '@crosvm/sys-util';

import { createMsiRoutes, FIRST_MSI_GSI, KvmPciHost } from './kvm-pci-host';

const COUNT = 4;
/** The first vector of the 32 that `requests` looks at. */
const FIRST_VECTOR = 0x20;
/** The register of a local APIC that has their requests. */
const LAPIC_IRR = 0x210;
const PIN = 17;

/** A message for the first vCPU. */
const message = (vector: number): MsiMessage => ({
  addressLow: 0xfee0_0000,
  addressHigh: 0,
  data: vector,
});

/** A guest with interrupt controllers, and the hosts of two of its threads. */
class Rig implements Disposable {
  readonly guest: TestGuest;
  readonly #routes = createMsiRoutes(COUNT);
  readonly first: KvmPciHost;
  readonly second: KvmPciHost;
  readonly #events: EventFd[] = [];

  constructor(...code: readonly string[]) {
    this.guest = TestGuest.create({
      mode: 'long',
      // Not a halt: interrupt controllers in the kernel would wait there for an interrupt.
      code: machineCode(...code, 'e6 80 ; out 0x80, al'),
      prepare: (vm) => vm.createIrqchip(),
    });
    const lapic = this.guest.vcpu.getLapic();
    lapic.regs.set([0xff, 1], 0xf0);
    this.guest.vcpu.setLapic(lapic);
    this.first = this.#host();
    this.second = this.#host();
  }

  event(): EventFd {
    const event = EventFd.create();
    this.#events.push(event);
    return event;
  }

  /** Vectors that wait in the local APIC. */
  requests(): number[] {
    const { regs } = this.guest.vcpu.getLapic();
    const bits = new DataView(regs.buffer, regs.byteOffset).getUint32(LAPIC_IRR, true);
    return Array.from({ length: 32 }, (_, bit) => bit)
      .filter((bit) => ((bits >>> bit) & 1) === 1)
      .map((bit) => FIRST_VECTOR + bit);
  }

  /** Pins of the I/O APIC that are asserted. */
  pins(): number {
    return this.guest.vm.getIrqchip(KVM_IRQCHIP_IOAPIC).chip.ioapic.irr;
  }

  #host(): KvmPciHost {
    return new KvmPciHost(Vm.fromRaw(this.guest.vm.raw, 0), this.#routes);
  }

  [Symbol.dispose](): void {
    this.#events.forEach((event) => event[Symbol.dispose]());
    this.guest[Symbol.dispose]();
  }
}

describe('messages of a KvmPciHost', () => {
  it('are sent by a signal of their wire, whichever thread connected it', async () => {
    using rig = new Rig();
    const wires = [0, 1].map((index) => ({ fd: rig.event(), gsi: FIRST_MSI_GSI + index }));
    const [first, second] = wires.map(({ fd, gsi }) => ({ fd: fd.raw, gsi }));
    rig.first.connectMsi(first!, message(0x31));
    rig.second.connectMsi(second!, message(0x32));

    wires.forEach(({ fd }) => fd.signal());
    await eventually(() => rig.requests().length === 2);

    expect(rig.requests()).toEqual([0x31, 0x32]);
  });

  it('are another one when the guest moves the vector', async () => {
    using rig = new Rig();
    const event = rig.event();
    const wire = { fd: event.raw, gsi: FIRST_MSI_GSI };
    rig.first.connectMsi(wire, message(0x31));
    rig.second.connectMsi(wire, message(0x33));

    event.signal();
    await eventually(() => rig.requests().length > 0);

    expect(rig.requests()).toEqual([0x33]);
  });

  it('wait while the wire is disconnected, and are sent afterwards', async () => {
    using rig = new Rig();
    const event = rig.event();
    const wire = { fd: event.raw, gsi: FIRST_MSI_GSI + COUNT - 1 };
    rig.first.connectMsi(wire, message(0x35));
    rig.first.disconnect(wire, wire.gsi);
    event.signal();
    const masked = rig.requests();
    rig.second.connectMsi(wire, message(0x35));
    await eventually(() => rig.requests().length > 0);

    expect([masked, rig.requests()]).toEqual([[], [0x35]]);
  });

  it('leave the pins of the interrupt controllers as they are', () => {
    using rig = new Rig();
    rig.first.connectMsi({ fd: rig.event().raw, gsi: FIRST_MSI_GSI }, message(0x31));
    rig.guest.vm.irqLine(PIN, true);
    rig.guest.vm.irqLine(4, true);
    expect(rig.pins()).toBe((1 << PIN) | (1 << 4));
  });
});

describe('the pin of a KvmPciHost', () => {
  it('is asserted by a signal, shared by wires, and free again when they are disconnected', async () => {
    using rig = new Rig();
    const resample = rig.event();
    const intx = { gsi: PIN, resampleFd: resample.raw };
    const events = [rig.event(), rig.event()];
    const wires = events.map((event, index) => ({ fd: event.raw, gsi: FIRST_MSI_GSI + index }));
    wires.forEach((wire) => rig.first.connectIntx(wire, intx));

    events[1]?.signal();
    await eventually(() => rig.pins() !== 0);
    const asserted = rig.pins();
    wires.forEach((wire) => rig.first.disconnect(wire, PIN));
    wires.forEach((wire) => rig.first.connectMsi(wire, message(0x31)));
    events[0]?.signal();
    await eventually(() => rig.requests().length > 0);

    expect(asserted).toBe(1 << PIN);
    expect(rig.requests()).toEqual([0x31]);
  });
});

describe('the acknowledgement of a pin of a KvmPciHost', () => {
  it('lowers the pin, and is told to who may raise it again', async () => {
    using guest = picGuest();
    using event = EventFd.create();
    using resample = EventFd.create();
    const host = new KvmPciHost(Vm.fromRaw(guest.vm.raw, 0), createMsiRoutes(1));
    const wire = { fd: event.raw, gsi: FIRST_MSI_GSI };
    host.connectIntx(wire, { gsi: PIC_GUEST_LINE, resampleFd: resample.raw });
    const isRaised = (): boolean =>
      guest.vm.getIrqchip(KVM_IRQCHIP_PIC_MASTER).chip.pic.irr === 1 << PIC_GUEST_LINE;

    guest.vcpu.run();
    event.signal();
    await eventually(isRaised);
    const early = resample.read();
    const ports = Array.from({ length: 4 }, () => (guest.vcpu.run(), guest.vcpu.exit.ioPort));

    expect(ports.filter((port) => port === PIC_GUEST_HANDLER_PORT)).toHaveLength(1);
    expect([early, resample.read(), isRaised()]).toEqual([undefined, 1, false]);
  });
});

describe('notifications of a KvmPciHost', () => {
  const HERE = 0xd000_3000;
  const THERE = 0xd100_3000;
  const STORES = [
    'bb 00 30 00 d0 ; mov ebx, 0xd0003000',
    '66 c7 03 00 00 ; mov word [rbx], 0',
    'bb 00 30 00 d1 ; mov ebx, 0xd1003000',
    'c7 03 00 00 00 00 ; mov dword [rbx], 0',
  ];

  it('are events where they were put, of any width, and exits elsewhere', () => {
    using rig = new Rig(...STORES);
    const event = rig.event();
    rig.first.addNotify(event.raw, HERE);

    const reasons = [rig.guest.vcpu.run(), rig.guest.vcpu.exit.mmioAddress, rig.guest.vcpu.run()];

    expect(reasons).toEqual([KVM_EXIT_MMIO, THERE, KVM_EXIT_IO]);
    expect(event.read()).toBe(1);
  });

  it('move', () => {
    using rig = new Rig(...STORES);
    const event = rig.event();
    rig.first.addNotify(event.raw, HERE);
    rig.second.removeNotify(event.raw, HERE);
    rig.second.addNotify(event.raw, THERE);

    const reasons = [rig.guest.vcpu.run(), rig.guest.vcpu.exit.mmioAddress, rig.guest.vcpu.run()];

    expect(reasons).toEqual([KVM_EXIT_MMIO, HERE, KVM_EXIT_IO]);
    expect(event.read()).toBe(1);
  });

  it('are exits where KVM has no room for more, and go away without complaint', () => {
    using rig = new Rig();
    const event = rig.event();
    const places = Array.from({ length: 1100 }, (_, index) => HERE + 4 * index);
    places.forEach((at) => rig.first.addNotify(event.raw, at));
    expect(() => places.forEach((at) => rig.first.removeNotify(event.raw, at))).not.toThrow();
  });
});
