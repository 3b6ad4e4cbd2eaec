import { GuestMemory } from '@crosvm/sys-util';
import fc from 'fast-check';

import { PAGE_TABLES_ADDRESS } from './layout';
import { writePageTables } from './page-tables';

const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
const ADDRESS = 0x000f_ffff_ffff_f000n;
const LARGE = 0x80n;

/** Walks the tables as a processor does; undefined where nothing is mapped. */
function walk(cr3: number, address: number): number | undefined {
  let table = BigInt(cr3);
  for (const shift of [39n, 30n, 21n]) {
    const index = (BigInt(address) >> shift) & 511n;
    const entry = memory.readU64(Number(table + index * 8n));
    const mapped = (entry & 3n) === 3n;
    const size = 1n << shift;
    if (!mapped || (entry & LARGE) !== 0n) {
      return mapped ? Number((entry & ADDRESS) + (BigInt(address) & (size - 1n))) : undefined;
    }
    table = entry & ADDRESS;
  }
  return undefined;
}

describe('writePageTables', () => {
  it('maps the first 4 GiB to themselves and nothing else', () => {
    memory.fill(PAGE_TABLES_ADDRESS, 0x6000, 0xff);
    const cr3 = writePageTables(memory);
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), (address) => {
        expect(walk(cr3, address)).toBe(address);
        expect(walk(cr3, address + 2 ** 32)).toBeUndefined();
        expect(walk(cr3, address + 2 ** 39)).toBeUndefined();
      }),
    );
    expect(walk(cr3, 0xffff_ffff)).toBe(0xffff_ffff);
  });

  it('writes nothing below or above its six pages', () => {
    memory.fill(0, 0x2_0000, 0x55);
    writePageTables(memory);
    expect(memory.readU8(PAGE_TABLES_ADDRESS - 1)).toBe(0x55);
    expect(memory.readU8(PAGE_TABLES_ADDRESS + 0x6000)).toBe(0x55);
  });
});
