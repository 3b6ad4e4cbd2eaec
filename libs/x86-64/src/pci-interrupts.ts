import { PCI_FIRST_GSI, PCI_GSIS, PCI_SLOTS } from './layout';

/** The slots of bus 0 that devices can be in: 0 has the host bridge, which does not interrupt. */
export const PCI_DEVICE_SLOTS: readonly number[] = Array.from(
  { length: PCI_SLOTS - 1 },
  (_, index) => index + 1,
);

/** The pin INTA of a function, as both ACPI and the MP table count: the first. */
export const PCI_INTA = 0;

/**
 * The GSI of the interrupt pin INTA of the device in a slot of PCI bus 0, level-triggered. Neighbours
 * have different ones; there are no routers between.
 */
export function pciInterruptGsi(slot: number): number {
  return PCI_FIRST_GSI + (slot % PCI_GSIS);
}
