import fc from 'fast-check';

import { parseKeyValues, parseSwitch } from './key-values';
import { outcome } from './testing/outcome';

const RULE = { option: '--thing', keys: ['path', 'num', 'on'] };

describe('parseKeyValues', () => {
  test('reads keys with and without values, in order', () => {
    const pairs = parseKeyValues('path=/tmp/a=b,on,num=3', RULE);
    expect([...pairs]).toEqual([
      ['path', '/tmp/a=b'],
      ['on', undefined],
      ['num', '3'],
    ]);
  });

  test.each([
    [`path="a,b",on`, 'a,b'],
    [`on,path='a"b'`, 'a"b'],
    [String.raw`path="a\"\\b"`, String.raw`a"\b`],
    ['path=', ''],
    ['path="",on', ''],
    ['path=a"b,on', 'a"b'],
  ])('reads the value in %s', (text, expected) => {
    expect(parseKeyValues(text, RULE).get('path')).toBe(expected);
  });

  test.each([
    ['', '--thing: a key is missing', 'its keys are path, num, on'],
    ['num=1,', '--thing: a key is missing', 'its keys are path, num, on'],
    ['num=1,,on', '--thing: a key is missing', 'its keys are path, num, on'],
    ['=1', '--thing: a key is missing', 'its keys are path, num, on'],
    ['nun=1', "--thing: unknown key 'nun'", 'did you mean num?'],
    ['hardware=1', "--thing: unknown key 'hardware'", 'its keys are path, num, on'],
    ['num=1,num=2', '--thing: num is given twice', undefined],
    ['path="a', "--thing: the quote before 'a' does not end", undefined],
    [String.raw`path="a\"`, `--thing: the quote before 'a"' does not end`, undefined],
    ['path="a"b', "--thing: there is more after the closing quote of 'a'", undefined],
  ])('refuses %j', (text, message, hint) => {
    expect(outcome(() => parseKeyValues(text, RULE))).toMatchObject({ message, hint });
  });

  test('throws nothing but user errors, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('path', 'on', '=', ',', '"', "'", '\\', 'x') }),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(() => outcome(() => parseKeyValues(value, RULE))).not.toThrow();
      }),
    );
  });

  test('reads back any value that was quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const quoted = `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
        expect(parseKeyValues(`path=${quoted},on`, RULE).get('path')).toBe(value);
      }),
    );
  });
});

describe('parseSwitch', () => {
  test.each([
    ['on', true],
    ['on=true', true],
    ['on=false', false],
    ['num=1', false],
  ])('reads %s as %s', (text, expected) => {
    expect(parseSwitch(parseKeyValues(text, RULE), 'on', RULE)).toBe(expected);
  });

  test.each(['', 'yes', '1', 'TRUE'])('refuses the value %j', (value) => {
    const pairs = parseKeyValues(`on=${value}`, RULE);
    expect(() => parseSwitch(pairs, 'on', RULE)).toThrow(
      `--thing: on must be true or false, not '${value}'`,
    );
  });
});
