import fc from 'fast-check';

import { LineReader } from './line-reader';

/** All lines of what comes in these pieces. */
function read(pieces: readonly Buffer[], maxBytes: number): string[] {
  const reader = new LineReader(maxBytes);
  return pieces.flatMap((piece) => {
    reader.push(piece);
    const lines: string[] = [];
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      lines.push(line === 'too long' ? line : line.bytes.toString());
    }
    return lines;
  });
}

const pieces = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('LineReader', () => {
  it('gives lines as they become complete', () => {
    expect(read(pieces('a', 'b\nc\n\nd'), 10)).toEqual(['ab', 'c', '']);
  });

  it('says once that a line is too long, and goes on with the next', () => {
    expect(read(pieces('12345', '6', '78', '9\nok\n'), 5)).toEqual(['too long', 'ok']);
    expect(read(pieces('123456\nok\n'), 5)).toEqual(['too long', 'ok']);
    expect(read(pieces('12345\n'), 5)).toEqual(['12345']);
  });

  it('gives the same lines however they are cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 8 }), (whole, cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const parts = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(read(pieces(...parts), 4)).toEqual(read(pieces(whole), 4));
      }),
    );
  });
});
