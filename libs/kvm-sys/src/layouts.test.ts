import {
  KVM_IOAPIC_NUM_PINS,
  kvm_cpuid2,
  kvm_irq_routing,
  KVM_IRQ_ROUTING_MSI,
  kvm_run,
  kvm_sregs,
} from './index';

describe('layouts', () => {
  it('hold nested structs', () => {
    const sregs = kvm_sregs.allocate();
    sregs.cs.base = 0xffff_0000n;
    sregs.gdt.limit = 0x30;

    expect(sregs.cs.base).toBe(0xffff_0000n);
    expect(sregs.ds.base).toBe(0n);
    expect(sregs.gdt.limit).toBe(0x30);
  });

  it('hold lists with their number of entries', () => {
    const bytes = kvm_cpuid2.from({ nent: 2, entries: [{ function: 1 }, { eax: 0xffff_ffff }] });

    expect(bytes.length).toBe(8 + 2 * 40);
    expect(kvm_cpuid2.at(bytes.buffer).entries.get(1).eax).toBe(0xffff_ffff);
  });

  it('hold unions', () => {
    const msi = { address_lo: 0xfee0_0000, address_hi: 0, data: 0x31 };
    const bytes = kvm_irq_routing.from({
      nr: 1,
      entries: [{ gsi: KVM_IOAPIC_NUM_PINS, type: KVM_IRQ_ROUTING_MSI, u: { msi } }],
    });

    const entry = kvm_irq_routing.at(bytes.buffer).entries.get(0);
    expect(entry.u.msi.address_lo).toBe(0xfee0_0000);
    expect(entry.u.irqchip.pin).toBe(0);
    expect(entry.u.pad.get(2)).toBe(0x31);
  });

  it('read an exit out of kvm_run', () => {
    const run = kvm_run.allocate();
    run.exit.mmio.phys_addr = 2 ** 40;
    run.exit.mmio.len = 4;

    expect(run.exit.hw.hardware_exit_reason).toBe(2n ** 40n);
    expect(run.exit.mmio.len).toBe(4);
  });
});
