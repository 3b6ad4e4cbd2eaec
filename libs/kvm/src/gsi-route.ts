import {
  kvm_irq_routing,
  KVM_IRQ_ROUTING_IRQCHIP,
  KVM_IRQ_ROUTING_MSI,
  kvm_msi,
  KVM_MSI_VALID_DEVID,
} from '@crosvm/kvm-sys';

/** A message-signalled interrupt, as a PCI function's MSI-X table has it. */
export interface MsiMessage {
  /** Low 32 bits of the address. */
  readonly addressLow: number;
  /** High 32 bits of the address. */
  readonly addressHigh: number;
  readonly data: number;
  /** The device, where KVM_CAP_MSI_DEVID says that it counts (not on x86). */
  readonly deviceId?: number;
}

/** A GSI that is a pin of an in-kernel interrupt controller. */
export interface IrqchipRoute {
  readonly gsi: number;
  /** KVM_IRQCHIP_* */
  readonly irqchip: number;
  readonly pin: number;
}

/** A GSI that is a message-signalled interrupt. */
export interface MsiRoute {
  readonly gsi: number;
  readonly msi: MsiMessage;
}

/** What interrupt a GSI is. */
export type GsiRoute = IrqchipRoute | MsiRoute;

function entryOf(route: GsiRoute): object {
  if ('irqchip' in route) {
    const { gsi, irqchip, pin } = route;
    return { gsi, type: KVM_IRQ_ROUTING_IRQCHIP, u: { irqchip: { irqchip, pin } } };
  }
  const { gsi, msi } = route;
  return {
    gsi,
    type: KVM_IRQ_ROUTING_MSI,
    flags: msi.deviceId === undefined ? 0 : KVM_MSI_VALID_DEVID,
    u: {
      msi: {
        address_lo: msi.addressLow,
        address_hi: msi.addressHigh,
        data: msi.data,
        devid: msi.deviceId ?? 0,
      },
    },
  };
}

/** The `kvm_irq_routing` of these routes. */
export function routingBytes(routes: readonly GsiRoute[]): Uint8Array {
  return kvm_irq_routing.from({ nr: routes.length, entries: routes.map(entryOf) });
}

/** The `kvm_msi` of a message. */
export function msiBytes(msi: MsiMessage): Uint8Array {
  return kvm_msi.from({
    address_lo: msi.addressLow,
    address_hi: msi.addressHigh,
    data: msi.data,
    flags: msi.deviceId === undefined ? 0 : KVM_MSI_VALID_DEVID,
    devid: msi.deviceId ?? 0,
  });
}
