import fc from 'fast-check';

import { Iovecs } from './index';

/** The list as pairs. */
function entries(iovecs: Iovecs): [number, number][] {
  return Array.from({ length: iovecs.count }, (_, i) => [iovecs.addressOf(i), iovecs.lengthOf(i)]);
}

/** Every address that the list covers, for short lists. */
function covered(iovecs: Iovecs): number[] {
  return entries(iovecs).flatMap(([at, length]) => Array.from({ length }, (_, i) => at + i));
}

describe('Iovecs', () => {
  it('keep addresses and lengths of any size', () => {
    const iovecs = new Iovecs(3);
    iovecs.push(0x7fff_ffff_f001, 0xffff_ffff);
    iovecs.push(2 ** 53 - 1, 2 ** 33 + 5);
    iovecs.push(0, 0);

    expect(entries(iovecs)).toEqual([
      [0x7fff_ffff_f001, 0xffff_ffff],
      [2 ** 53 - 1, 2 ** 33 + 5],
      [0, 0],
    ]);
    expect(iovecs.total).toBe(0xffff_ffff + 2 ** 33 + 5);
  });

  it('go on after a part was consumed', () => {
    const iovecs = new Iovecs(3);
    iovecs.push(0x7f00_0000_0000, 100);
    iovecs.push(0x7f00_0000_1000, 50);
    iovecs.push(0x7f00_ffff_fff0, 0x1_0000_0000);

    iovecs.consume(120);

    expect(entries(iovecs)).toEqual([
      [0x7f00_0000_1014, 30],
      [0x7f00_ffff_fff0, 0x1_0000_0000],
    ]);
    expect(iovecs.total).toBe(30 + 0x1_0000_0000);
  });

  it('lose what is behind the ranges that stay', () => {
    const iovecs = new Iovecs(3);
    [10, 20, 30].forEach((length) => iovecs.push(0x1000, length));

    iovecs.truncate(1);
    iovecs.truncate(2);

    expect(entries(iovecs)).toEqual([[0x1000, 10]]);
    expect(iovecs.total).toBe(10);
  });

  it('lose exactly the first bytes when some are consumed', () => {
    const lengths = fc.array(fc.nat(9), { maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.nat(40), (list, consumed) => {
        const iovecs = new Iovecs(8);
        list.forEach((length, index) => iovecs.push(index * 100, length));
        const before = covered(iovecs);

        iovecs.consume(consumed);

        expect(covered(iovecs)).toEqual(before.slice(consumed));
        expect(iovecs.total).toBe(Math.max(0, before.length - consumed));
      }),
    );
  });
});
