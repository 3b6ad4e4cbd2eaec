import { concat } from '../bytes';
import { type Aml, buffer } from './aml';

/** ACPI 6.3, 6.4.2.5: fixed I/O ports that decode 16 bits. */
export function ioPorts(first: number, count: number): Uint8Array {
  const low = first & 0xff;
  const high = first >> 8;
  const alignment = 1;
  return Uint8Array.of(0x47, 1, low, high, low, high, alignment, count);
}

/** ACPI 6.3, 6.4.2.1: an ISA interrupt, edge-triggered, active high, exclusive. */
export function isaInterrupt(irq: number): Uint8Array {
  const mask = 1 << irq;
  return Uint8Array.of(0x22, mask & 0xff, mask >> 8);
}

/** ACPI 6.3, 6.4.2.9, with the checksum that is not to be checked. */
const END_TAG = Uint8Array.of(0x79, 0);

/** The value of a device's `_CRS`. */
export function resourceTemplate(...descriptors: readonly Uint8Array[]): Aml {
  return buffer(concat(...descriptors, END_TAG));
}
