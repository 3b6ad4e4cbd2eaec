import fc from 'fast-check';

import { alignDown, alignUp, fits, isAligned } from './address';

describe('alignment', () => {
  it('works beyond 32 bits', () => {
    expect(alignUp(2 ** 40 + 1, 4096)).toBe(2 ** 40 + 4096);
    expect(alignDown(2 ** 40 + 4097, 4096)).toBe(2 ** 40 + 4096);
    expect(isAligned(2 ** 40, 4096)).toBe(true);
    expect(isAligned(2 ** 40 + 8, 4096)).toBe(false);
  });
});

describe('fits', () => {
  it('agrees with exact arithmetic', () => {
    const any = fc.oneof(fc.maxSafeNat(), fc.integer({ min: -5, max: 5000 }));
    fc.assert(
      fc.property(any, any, any, (at, length, size) => {
        const exact = at >= 0 && length >= 0 && BigInt(at) + BigInt(length) <= BigInt(size);
        expect(fits(at, length, size)).toBe(exact);
      }),
    );
  });

  it.each([NaN, 0.5, Infinity, 2 ** 53])('rejects %p', (value) => {
    expect(fits(value, 0, 2 ** 60)).toBe(false);
    expect(fits(0, value, 2 ** 60)).toBe(false);
  });
});
