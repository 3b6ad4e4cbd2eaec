import { GuestMemory } from '@crosvm/sys-util';

import { MP_TABLE_ADDRESS, MP_TABLE_SIZE } from './layout';
import { writeMpTable } from './mp-table';

/** Bytes of an entry by its type; the types after processors have the same. */
const PROCESSOR_BYTES = 20;
const OTHER_BYTES = 8;

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function tableOf(
  cpus: number,
  pci = false,
): { pointer: Uint8Array; table: Uint8Array; entries: string[] } {
  const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
  writeMpTable(memory, { cpus, pci });
  const pointer = memory.read(MP_TABLE_ADDRESS, 16);
  const at = memory.readU32(MP_TABLE_ADDRESS + 4);
  const table = memory.read(at, memory.readU16(at + 4));
  const entries: string[] = [];
  for (let offset = 44; offset < table.length;) {
    const length = table[offset] === 0 ? PROCESSOR_BYTES : OTHER_BYTES;
    entries.push(hex(table.subarray(offset, offset + length)));
    offset += length;
  }
  return { pointer, table, entries };
}

describe('writeMpTable', () => {
  it('has a floating pointer where kernels search', () => {
    const { pointer } = tableOf(1);
    expect(hex(pointer.subarray(0, 10))).toBe('5f4d505f' + '10000f00' + '01' + '04');
    expect(sum(pointer)).toBe(0);
    expect(MP_TABLE_ADDRESS % 16).toBe(0);
    expect(MP_TABLE_ADDRESS).toBeGreaterThanOrEqual(0xf_0000);
    expect(MP_TABLE_ADDRESS).toBeLessThan(0x10_0000);
  });

  it('has a header with length, checksum and number of entries', () => {
    const { table, entries } = tableOf(4);
    const view = new DataView(table.buffer);
    expect(Buffer.from(table.subarray(0, 4)).toString()).toBe('PCMP');
    expect(table[6]).toBe(4);
    expect(Buffer.from(table.subarray(8, 28)).toString()).toBe('CROSVM  CROSVM      ');
    expect(view.getUint16(34, true)).toBe(entries.length);
    expect(view.getUint32(36, true)).toBe(0xfee0_0000);
    expect(sum(table)).toBe(0);
  });

  it('lists the processors, the first to boot, then the ISA bus and the IO-APIC', () => {
    const { entries } = tableOf(2);
    expect(entries.slice(0, 4)).toEqual([
      '00001403' + '00060000' + '01020000' + '0000000000000000',
      '00011401' + '00060000' + '01020000' + '0000000000000000',
      '0100' + '495341202020',
      '02001101' + '0000c0fe',
    ]);
  });

  it('routes each ISA interrupt but the cascade to the pin of its number', () => {
    const interrupts = tableOf(1).entries.filter((entry) => entry.startsWith('03'));
    const irqs = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const byte = (irq: number): string => irq.toString(16).padStart(2, '0');
    expect(interrupts).toEqual(irqs.map((irq) => `0300000000${byte(irq)}00${byte(irq)}`));
  });

  it("has the PIC at the first CPU's LINT0 and NMI at LINT1 of all", () => {
    const { entries } = tableOf(3);
    expect(entries.slice(-2)).toEqual(['0403000000000000', '040100000000ff01']);
  });

  it('has the PCI bus by its number, the ISA bus behind it, and INTA of each slot', () => {
    const { entries } = tableOf(1, true);
    expect(entries.slice(1, 3)).toEqual(['0100' + '504349202020', '0101' + '495341202020']);
    const interrupts = entries.filter((entry) => entry.startsWith('0300'));
    const isa = interrupts.filter((entry) => entry.startsWith('0300000001'));
    const pci = interrupts.filter((entry) => entry.startsWith('0300000000'));
    expect([isa.length, pci.length]).toEqual([15, 31]);
    expect([pci[0], pci[7], pci[30]]).toEqual([
      '0300000000' + '04' + '00' + '11',
      '0300000000' + '20' + '00' + '10',
      '0300000000' + '7c' + '00' + '17',
    ]);
    expect(entries.slice(-2)).toEqual(['0403000001000000', '040100000100ff01']);
  });

  it.each([1, 16, 41, 254])('holds %i CPUs', (cpus) => {
    const { table, entries } = tableOf(cpus, true);
    const ids = entries.filter((entry) => entry.startsWith('00')).map((entry) => entry.slice(2, 4));
    expect(ids.map((id) => parseInt(id, 16))).toEqual(Array.from({ length: cpus }, (_, id) => id));
    expect(16 + table.length).toBeLessThanOrEqual(MP_TABLE_SIZE);
  });

  it.each([0, 255, NaN])('refuses %p CPUs', (cpus) => {
    const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
    expect(() => writeMpTable(memory, { cpus })).toThrow(RangeError);
  });
});
