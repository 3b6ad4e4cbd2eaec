import fc from 'fast-check';

import { parseInteger } from './integer';
import { outcome } from './testing/outcome';

const RULE = { name: '--number', least: 1, most: 100 };

describe('parseInteger', () => {
  test.each([
    ['1', 1],
    ['007', 7],
    ['100', 100],
  ])('reads %s', (text, expected) => {
    expect(parseInteger(text, RULE)).toBe(expected);
  });

  test.each(['', ' 1', '1 ', '-1', '+1', '1.5', '1e1', '0x10', '1_0', 'ten', '١'])(
    'refuses %j, which is no whole decimal number',
    (text) => {
      expect(() => parseInteger(text, RULE)).toThrow(/^--number must be a whole number, not /);
    },
  );

  test.each(['0', '101', '9007199254740993', '99999999999999999999999'])(
    'refuses %s, which is out of range',
    (text) => {
      expect(() => parseInteger(text, RULE)).toThrow(
        `--number must be from 1 to 100, not '${text}'`,
      );
    },
  );

  test('names the unit and gives the hint that the rule has for the value', () => {
    const rule = { ...RULE, unit: 'MiB', hint: (value: string) => `not ${value}` };
    expect(outcome(() => parseInteger('2G', rule))).toMatchObject({
      message: "--number must be a whole number of MiB, not '2G'",
      hint: 'not 2G',
    });
  });

  test('throws nothing but UsageError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => outcome(() => parseInteger(text, RULE))).not.toThrow();
      }),
    );
  });
});
