import fc from 'fast-check';

import { E820_RAM, E820_RESERVED, e820Map } from './e820';
import {
  ACPI_ADDRESS,
  ACPI_SIZE,
  MP_TABLE_ADDRESS,
  MP_TABLE_SIZE,
  PCI_ECAM_ADDRESS,
  PCI_ECAM_SIZE,
} from './layout';
import { memoryRegions } from './memory-regions';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

const mapOf = (size: number) => e820Map(memoryRegions(size));
const sizesInMiB = fc.integer({ min: 2, max: 64 * 1024 });

describe('e820Map', () => {
  it('has all memory but for the top of the first 1 MiB', () => {
    expect(mapOf(8 * GiB).filter(({ type }) => type === E820_RAM)).toEqual([
      { addr: 0, size: 0x9fc00, type: E820_RAM },
      { addr: MiB, size: 3 * GiB - MiB, type: E820_RAM },
      { addr: 4 * GiB, size: 5 * GiB, type: E820_RAM },
    ]);
  });

  it('keeps the kernel away from the firmware tables and from the PCI configuration space', () => {
    const reserved = mapOf(256 * MiB).filter(({ type }) => type === E820_RESERVED);
    const covers = (at: number, size: number) =>
      reserved.some((range) => range.addr <= at && at + size <= range.addr + range.size);
    expect(covers(ACPI_ADDRESS, ACPI_SIZE)).toBe(true);
    expect(covers(MP_TABLE_ADDRESS, MP_TABLE_SIZE)).toBe(true);
    expect(covers(PCI_ECAM_ADDRESS, PCI_ECAM_SIZE)).toBe(true);
  });

  it('is in order, without overlap and without empty ranges', () => {
    fc.assert(
      fc.property(sizesInMiB, (size) => {
        const map = mapOf(size * MiB);
        const ends = map.map((range) => range.addr + range.size);
        expect(map.every((range) => range.size > 0)).toBe(true);
        expect(map.slice(1).every((range, index) => range.addr >= ends[index]!)).toBe(true);
      }),
    );
  });

  it('names no memory that is not there', () => {
    fc.assert(
      fc.property(sizesInMiB, (size) => {
        const regions = memoryRegions(size * MiB);
        const ram = e820Map(regions).filter(({ type }) => type === E820_RAM);
        const isThere = (at: number, length: number) =>
          regions.some((region) => region.at <= at && at + length <= region.at + region.size);
        expect(ram.every((range) => isThere(range.addr, range.size))).toBe(true);
      }),
    );
  });
});
