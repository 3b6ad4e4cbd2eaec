import { parseBytes } from './parse-bytes';
import { outcome } from './testing/outcome';

describe('parseBytes', () => {
  it('reads bytes', () => {
    expect(['0', '4096', '1099511627776'].map((value) => parseBytes(value, 'SIZE'))).toEqual([
      0, 4096, 1099511627776,
    ]);
  });

  it.each([
    ['4G', 'say 4294967296'],
    ['16KiB', 'say 16384'],
    ['-1', undefined],
    ['', undefined],
  ])('refuses %j', (value, hint) => {
    expect(outcome(() => parseBytes(value, 'SIZE'))).toMatchObject({
      message: `SIZE must be a whole number of bytes, not '${value}'`,
      hint,
    });
  });
});
