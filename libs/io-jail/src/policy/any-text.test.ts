import fc from 'fast-check';

import { parsePolicy, PolicyError } from '../index';

/** Pieces that a policy is made of, and some that it is not. */
const piece = fc.oneof(
  fc.constantFrom(
    'read',
    'mmap',
    'arg0',
    'arg9',
    'PROT_EXEC',
    'in',
    'return',
    'kill',
    '1',
    '0x',
    '-1',
  ),
  fc.constantFrom(
    ':',
    ';',
    ',',
    '{',
    '}',
    '(',
    ')',
    '~',
    '|',
    '||',
    '&',
    '&&',
    '==',
    '<',
    '!=',
    '=',
  ),
  fc.constantFrom(
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\\',
    '\\\n',
    '#',
    '@include ',
    '@default',
    './x',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

/** Files by name: each may include the next. */
const files = fc.record({ a: text, x: text });

/** The mistakes; whatever else is thrown is thrown on. */
function problemsOf(text: string, read: () => string): PolicyError['problems'] {
  try {
    parsePolicy(text, { arch: 'x86_64', file: 'a', read });
    return [];
  } catch (error) {
    if (error instanceof PolicyError) {
      return error.problems;
    }
    throw error;
  }
}

describe('any text', () => {
  it('is a policy, or has mistakes at places that it has', () => {
    const property = fc.property(files, ({ a, x }) => {
      const problems = problemsOf(a, () => x);
      const linesOf = (file: string): readonly string[] => (file === 'a' ? a : x).split('\n');

      const outside = problems.filter(({ position: { file, line, column } }) => {
        const length = linesOf(file)[line - 1]?.length;
        return length === undefined || column < 1 || column > length + 1;
      });

      expect(outside).toEqual([]);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
