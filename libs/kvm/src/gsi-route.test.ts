import {
  kvm_irq_routing,
  KVM_IRQ_ROUTING_IRQCHIP,
  KVM_IRQ_ROUTING_MSI,
  KVM_IRQCHIP_IOAPIC,
  kvm_msi,
  KVM_MSI_VALID_DEVID,
} from '@crosvm/kvm-sys';

import { msiBytes, routingBytes } from './gsi-route';

describe('routingBytes', () => {
  it('lists pins and messages', () => {
    const bytes = routingBytes([
      { gsi: 4, irqchip: KVM_IRQCHIP_IOAPIC, pin: 9 },
      { gsi: 24, msi: { addressLow: 0xfee0_1000, addressHigh: 1, data: 0x41 } },
    ]);

    const { nr, entries } = kvm_irq_routing.at(bytes.buffer);
    expect([nr, entries.length]).toEqual([2, 2]);
    const first = entries.get(0);
    expect([first.gsi, first.type, first.flags]).toEqual([4, KVM_IRQ_ROUTING_IRQCHIP, 0]);
    expect([first.u.irqchip.irqchip, first.u.irqchip.pin]).toEqual([KVM_IRQCHIP_IOAPIC, 9]);
    const second = entries.get(1);
    expect([second.gsi, second.type, second.flags]).toEqual([24, KVM_IRQ_ROUTING_MSI, 0]);
    const { address_lo, address_hi, data } = second.u.msi;
    expect([address_lo, address_hi, data]).toEqual([0xfee0_1000, 1, 0x41]);
  });

  it('says that a device id is valid only where there is one', () => {
    const msi = { addressLow: 1, addressHigh: 2, data: 3, deviceId: 0 };

    const { entries } = kvm_irq_routing.at(routingBytes([{ gsi: 1, msi }]).buffer);

    expect(entries.get(0).flags).toBe(KVM_MSI_VALID_DEVID);
    expect(kvm_msi.at(msiBytes(msi).buffer).flags).toBe(KVM_MSI_VALID_DEVID);
    expect(kvm_msi.at(msiBytes({ addressLow: 1, addressHigh: 2, data: 3 }).buffer).flags).toBe(0);
  });
});
