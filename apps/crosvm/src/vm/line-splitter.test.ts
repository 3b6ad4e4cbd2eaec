import fc from 'fast-check';

import { LineSplitter } from './line-splitter';

/** The lines that come of these pieces, and what is left at their end. */
function linesOf(...pieces: readonly (string | Uint8Array)[]): { whole: string[]; all: string[] } {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  pieces.forEach((piece) => splitter.write(Buffer.from(piece)));
  const whole = [...lines];
  splitter.flush();
  return { whole, all: lines };
}

describe('LineSplitter', () => {
  it('passes on whole lines, without what could play tricks in a log', () => {
    const { whole, all } = linesOf('one\r\n\x1b[31mtwo\tred\x07\n', 'é half', ' a line\n');
    expect(whole).toEqual(['one', '[31mtwo\tred', 'é half a line']);
    expect(all).toEqual(whole);
  });

  it('passes on what never ends in pieces, and the rest when nothing more comes', () => {
    const { whole, all } = linesOf('z'.repeat(1500));
    expect(whole).toEqual(['z'.repeat(1024)]);
    expect(all).toEqual(['z'.repeat(1024), 'z'.repeat(476)]);
  });

  it('has nothing left after a line has ended, and keeps empty lines', () => {
    expect(linesOf('\n\nlast\n').all).toEqual(['', '', 'last']);
  });

  it('makes the same lines of bytes in whatever pieces they come, none of them too long', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const { all } = linesOf(...pieces);
        expect(all).toEqual(linesOf(Buffer.concat(pieces)).all);
        expect(Math.max(0, ...all.map((line) => line.length))).toBeLessThanOrEqual(1024);
      }),
    );
  });
});
