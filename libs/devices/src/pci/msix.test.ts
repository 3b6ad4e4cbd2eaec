import fc from 'fast-check';

import type { AccessWidth } from '../bus/bus-device';
import { msixCapability, MsixTable, readPendingBits } from './msix';

function table(vectors = 3): MsixTable {
  const made = new MsixTable(new Uint8Array(MsixTable.stateSize(vectors)));
  made.reset();
  return made;
}

describe('MsixTable', () => {
  it('has all vectors masked after a reset', () => {
    const made = table();
    made.write(0, 4, 0xfee0_1000);
    made.write(12, 4, 0);
    expect(made.isMasked(0)).toBe(false);
    made.reset();
    expect([0, 1, 2].map((vector) => made.isMasked(vector))).toEqual([true, true, true]);
    expect(made.message(0)).toEqual({ addressLow: 0, addressHigh: 0, data: 0 });
  });

  it('says which vector was written, and what it sends', () => {
    const made = table();
    expect(made.write(16, 4, 0xfee0_1003)).toBe(1);
    expect(made.write(20, 4, 5)).toBe(1);
    expect(made.write(26, 2, 0x8001)).toBe(1);
    expect(made.message(1)).toEqual({ addressLow: 0xfee0_1000, addressHigh: 5, data: 0x8001_0000 });
  });

  it('keeps nothing of the vector control but the mask bit', () => {
    const made = table();
    made.write(12, 4, 0xffff_fffe);
    expect(made.read(12, 4)).toBe(0);
    made.write(15, 1, 0xff);
    made.write(12, 1, 0xff);
    expect(made.read(12, 4)).toBe(1);
  });

  it('reads zero and takes nothing behind its end', () => {
    const made = table();
    expect([made.write(48, 4, 1), made.write(-4, 4, 1), made.write(1e9, 1, 1)]).toEqual([
      -1, -1, -1,
    ]);
    expect([made.read(48, 4), made.read(-4, 4), made.read(46, 4)]).toEqual([0, 0, 0]);
  });

  it('takes any access without throwing', () => {
    const access = fc.record({
      at: fc.integer({ min: -20, max: 0x8000 }),
      width: fc.constantFrom<AccessWidth[]>(1, 2, 4),
      value: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    fc.assert(
      fc.property(fc.array(access), (accesses) => {
        const made = table();
        accesses.forEach(({ at, width, value }) => {
          made.write(at, width, value % 2 ** (8 * width));
          expect(made.read(at, width)).toBeLessThan(2 ** (8 * width));
        });
        expect([0, 1, 2].map((vector) => made.read(16 * vector + 12, 4) & ~1)).toEqual([0, 0, 0]);
      }),
    );
  });
});

describe('the capability', () => {
  it('says how many vectors there are, and where', () => {
    const place = { vectors: 2048, bar: 4, tableOffset: 0x8000, pendingOffset: 0x4000 };
    const { content, writable } = msixCapability(place);
    expect(Buffer.from(content).toString('hex')).toBe('1100ff070480000004400000');
    expect(Buffer.from(writable!).toString('hex')).toBe('000000c00000000000000000');
  });

  it.each([0, 2049])('cannot have %i vectors', (vectors) => {
    const place = { vectors, bar: 0, tableOffset: 0, pendingOffset: 0 };
    expect(() => msixCapability(place)).toThrow(RangeError);
  });
});

describe('readPendingBits', () => {
  it('has a bit a vector', () => {
    const pending = (vector: number): boolean => [0, 9, 31, 32].includes(vector);
    expect(readPendingBits(0, 4, pending)).toBe(0x8000_0201);
    expect(readPendingBits(1, 1, pending)).toBe(2);
    expect(readPendingBits(4, 2, pending)).toBe(1);
  });
});
