import {
  PVPANIC_PORT,
  RTC_IRQ,
  RTC_PORT,
  SERIAL_IRQS,
  SERIAL_PORT_LENGTH,
  SERIAL_PORTS,
} from '../layout';
import { type Aml, device, eisaId, integer, name, text } from './aml';
import { ioPorts, isaInterrupt, resourceTemplate } from './resources';

const RTC_PORT_COUNT = 2;

/**
 * A serial port for the ACPI tables: `\_SB.COM1` and so on.
 * @param port 1 for COM1, to 4
 * @throws RangeError for another number
 */
export function acpiSerialPort(port: number): Aml {
  const base = SERIAL_PORTS[port - 1];
  const irq = SERIAL_IRQS[port - 1];
  if (base === undefined || irq === undefined) {
    throw new RangeError(`no serial port ${port}`);
  }
  const resources = resourceTemplate(ioPorts(base, SERIAL_PORT_LENGTH), isaInterrupt(irq));
  return device(
    `COM${port}`,
    name('_HID', eisaId('PNP0501')),
    name('_UID', integer(port)),
    name('_CRS', resources),
  );
}

/** The clock for the ACPI tables: `\_SB.RTC`, with its interrupt for alarms. */
export function acpiRtc(): Aml {
  const resources = resourceTemplate(ioPorts(RTC_PORT, RTC_PORT_COUNT), isaInterrupt(RTC_IRQ));
  return device('RTC', name('_HID', eisaId('PNP0B00')), name('_CRS', resources));
}

/**
 * The device by which a kernel tells of its panic, for the ACPI tables: `\\_SB.PEVT`. Source: QEMU's
 * docs/specs/pvpanic.
 */
export function acpiPanicDevice(): Aml {
  const resources = resourceTemplate(ioPorts(PVPANIC_PORT, 1));
  return device('PEVT', name('_HID', text('QEMU0001')), name('_CRS', resources));
}
