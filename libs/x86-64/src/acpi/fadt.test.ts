import { fadt } from './fadt';
import { viewOf } from './testing/tables';

const view = viewOf(fadt({ facs: 0xe_0040, dsdt: 0xe_0080 }));

const genericAddress = (at: number): number[] => [
  view.getUint8(at),
  view.getUint8(at + 1),
  view.getUint8(at + 2),
  view.getUint8(at + 3),
  Number(view.getBigUint64(at + 4, true)),
];

describe('fadt', () => {
  it('is of revision 6.3 with the length of that', () => {
    expect(view.getUint8(8)).toBe(6);
    expect(view.getUint8(131)).toBe(3);
    expect(view.byteLength).toBe(276);
  });

  it('names one FACS and, for old and new guests, the DSDT', () => {
    expect(view.getUint32(36, true)).toBe(0xe_0040);
    expect(view.getBigUint64(132, true)).toBe(0n);
    expect(view.getUint32(40, true)).toBe(0xe_0080);
    expect(view.getBigUint64(140, true)).toBe(0xe_0080n);
  });

  it('has PM1a registers at their ports, in both forms', () => {
    expect(view.getUint32(56, true)).toBe(0x600);
    expect(view.getUint32(64, true)).toBe(0x604);
    expect([view.getUint8(88), view.getUint8(89)]).toEqual([4, 2]);
    expect(genericAddress(148)).toEqual([1, 32, 0, 2, 0x600]);
    expect(genericAddress(172)).toEqual([1, 16, 0, 2, 0x604]);
  });

  it('interrupts with 9 and is in ACPI mode from the start', () => {
    expect(view.getUint16(46, true)).toBe(9);
    expect(view.getUint32(48, true)).toBe(0);
  });

  it('resets by a command to the keyboard controller', () => {
    expect(genericAddress(116)).toEqual([1, 8, 0, 1, 0x64]);
    expect(view.getUint8(128)).toBe(0xfe);
    expect(view.getUint32(112, true) & (1 << 10)).not.toBe(0);
  });

  it('has a power button (bit 4 clear), no sleep button (bit 5 set) and no PM timer', () => {
    expect((view.getUint32(112, true) >> 4) & 3).toBe(2);
    expect(view.getUint32(76, true)).toBe(0);
    expect(view.getUint8(91)).toBe(0);
  });

  it('spares the guest looking for a keyboard and a VGA, but not for the clock', () => {
    expect(view.getUint16(109, true)).toBe(0b0000_0101);
  });

  it('has no C2 and no C3', () => {
    expect(view.getUint16(96, true)).toBeGreaterThan(100);
    expect(view.getUint16(98, true)).toBeGreaterThan(1000);
  });

  it('names the register of the century', () => {
    expect(view.getUint8(108)).toBe(0x32);
  });
});
