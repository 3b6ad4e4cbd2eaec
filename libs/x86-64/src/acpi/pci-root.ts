import { PCI_CONFIG_PORT, PCI_CONFIG_PORTS, PCI_MMIO_ADDRESS, PCI_MMIO_SIZE } from '../layout';
import { PCI_DEVICE_SLOTS, PCI_INTA, pciInterruptGsi } from '../pci-interrupts';
import { type Aml, device, eisaId, integer, name, packageOf } from './aml';
import { busNumbers, ioPorts, memoryWindow, resourceTemplate } from './resources';

/** In place of a function's number: all functions of the device. */
const ANY_FUNCTION = 0xffff;
/** In place of the name of a router: the interrupt is hard-wired. */
const NO_ROUTER = 0;

/** Where pin INTA of the device in `slot` goes. ACPI 6.3, 6.2.13. */
function route(slot: number): Aml {
  return packageOf(
    integer(slot * 0x1_0000 + ANY_FUNCTION),
    integer(PCI_INTA),
    integer(NO_ROUTER),
    integer(pciInterruptGsi(slot)),
  );
}

/**
 * PCI bus 0 for the ACPI tables: `\_SB.PCI0`. A bridge that is not PCI Express, so that kernels do not
 * ask for the control of what it has not got.
 */
export function acpiPciRoot(): Aml {
  const resources = resourceTemplate(
    busNumbers(0, 1),
    ioPorts(PCI_CONFIG_PORT, PCI_CONFIG_PORTS),
    memoryWindow(PCI_MMIO_ADDRESS, PCI_MMIO_SIZE),
  );
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_BBN', integer(0)),
    name('_CRS', resources),
    name('_PRT', packageOf(...PCI_DEVICE_SLOTS.map(route))),
  );
}
