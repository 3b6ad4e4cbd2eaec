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

/** ACPI 6.3, 6.4.3.5: the minimum and the maximum are fixed, the range is passed on to children. */
const FIXED_PRODUCER = 0x0c;

function words(values: readonly number[], size: 2 | 4): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, index) => {
    if (size === 2) {
      bytes.setUint16(2 * index, value, true);
    } else {
      bytes.setUint32(4 * index, value, true);
    }
  });
  return new Uint8Array(bytes.buffer);
}

/** ACPI 6.3, 6.4.3.5.3: the buses behind a bridge, as a word address space descriptor. */
export function busNumbers(first: number, count: number): Uint8Array {
  const range = words([0, first, first + count - 1, 0, count], 2);
  return concat(Uint8Array.of(0x88, 3 + range.length, 0, 2, FIXED_PRODUCER, 0), range);
}

/**
 * ACPI 6.3, 6.4.3.5.2: memory that a bridge passes on, below 4 GiB, as a double word address space
 * descriptor: readable, writable, not cached.
 */
export function memoryWindow(base: number, size: number): Uint8Array {
  const range = words([0, base, base + size - 1, 0, size], 4);
  return concat(Uint8Array.of(0x87, 3 + range.length, 0, 0, FIXED_PRODUCER, 1), range);
}

/** ACPI 6.3, 6.4.2.9, with the checksum that is not to be checked. */
const END_TAG = Uint8Array.of(0x79, 0);

/** The value of a device's `_CRS`. */
export function resourceTemplate(...descriptors: readonly Uint8Array[]): Aml {
  return buffer(concat(...descriptors, END_TAG));
}
