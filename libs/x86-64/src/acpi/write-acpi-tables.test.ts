import { GuestMemory, GuestMemoryError } from '@crosvm/sys-util';

import { ACPI_ADDRESS, ACPI_SIZE } from '../layout';
import { acpiRtc, acpiSerialPort } from './legacy-devices';
import { acpiPciRoot } from './pci-root';
import { findTables, sum, text, viewOf } from './testing/tables';
import { writeAcpiTables } from './write-acpi-tables';

const ALL_DEVICES = [1, 2, 3, 4]
  .map((port) => acpiSerialPort(port))
  .concat(acpiRtc(), acpiPciRoot());

describe('writeAcpiTables', () => {
  it('puts the RSDP, with both checksums, on a 16-byte boundary where guests search', () => {
    const { at, rsdp } = findTables({ cpus: 1, devices: [] });
    expect(at % 16).toBe(0);
    expect(at).toBeGreaterThanOrEqual(0xe_0000);
    expect(at).toBeLessThan(0x10_0000);
    expect(text(rsdp, 0, 8)).toBe('RSD PTR ');
    expect(text(rsdp, 9, 6)).toBe('CROSVM');
    expect(rsdp[15]).toBe(2);
    expect(viewOf(rsdp).getUint32(20, true)).toBe(36);
    expect(sum(rsdp.subarray(0, 20))).toBe(0);
    expect(sum(rsdp)).toBe(0);
  });

  it('leads to all tables, which have lengths, checksums and our name', () => {
    const { tables } = findTables({ cpus: 2, devices: ALL_DEVICES });
    expect([...tables.keys()].sort()).toEqual(['APIC', 'DSDT', 'FACP', 'FACS', 'XSDT']);
    const withHeader = [...tables].filter(([signature]) => signature !== 'FACS');
    expect(withHeader.map(([, table]) => sum(table))).toEqual([0, 0, 0, 0]);
    expect(new Set(withHeader.map(([, table]) => text(table, 10, 6)))).toEqual(new Set(['CROSVM']));
  });

  it('aligns the FACS to 64 bytes', () => {
    const { tables, addresses } = findTables({ cpus: 1, devices: [] });
    expect(addresses.get('FACS')! % 64).toBe(0);
    expect(tables.get('FACS')!.length).toBe(64);
  });

  it('keeps the tables of 254 CPUs inside their space and apart', () => {
    const { tables, addresses } = findTables({ cpus: 254, devices: ALL_DEVICES });
    const ranges = [...tables].map(([signature, table]) => {
      const start = addresses.get(signature)!;
      return { start, end: start + table.length };
    });
    ranges.sort((a, b) => a.start - b.start);
    ranges.slice(1).forEach((range, index) => {
      expect(range.start).toBeGreaterThanOrEqual(ranges[index]!.end);
    });
    expect(ranges[0]!.start).toBeGreaterThanOrEqual(ACPI_ADDRESS + 36);
    expect(ranges.at(-1)!.end).toBeLessThanOrEqual(ACPI_ADDRESS + ACPI_SIZE);
  });

  it.each([0, 255, 1.5])('refuses %p CPUs', (cpus) => {
    const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
    expect(() => writeAcpiTables(memory, { cpus, devices: [] })).toThrow(RangeError);
  });

  it('refuses devices that are too many', () => {
    const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
    const devices = Array.from({ length: 2000 }, () => acpiRtc());
    expect(() => writeAcpiTables(memory, { cpus: 1, devices })).toThrow('ACPI tables need more');
  });

  it('needs memory there', () => {
    const memory = GuestMemory.create([{ at: 0, size: 0x1000 }]);
    expect(() => writeAcpiTables(memory, { cpus: 1, devices: [] })).toThrow(GuestMemoryError);
  });
});
