import fc from 'fast-check';

import { parseOptions } from './parse-options';
import { outcome } from './testing/outcome';

const SPECS = [
  { name: 'mem', short: 'm', value: 'MIB', help: '' },
  { name: 'params', short: 'p', value: 'PARAMS', repeatable: true, help: '' },
  { name: 'help', short: 'h', help: '' },
];

function parse(...args: string[]) {
  const { values, positionals } = parseOptions(args, SPECS);
  return {
    mem: values.one('mem'),
    params: values.all('params'),
    help: values.has('help'),
    positionals,
  };
}

describe('parseOptions', () => {
  test.each([['-m', '5'], ['-m5'], ['-m=5'], ['--mem', '5'], ['--mem=5']])(
    'reads a value from %s %s',
    (...args) => {
      expect(parse(...args)).toMatchObject({ mem: '5', positionals: [] });
    },
  );

  test.each([
    [['-p', '-x'], '-x'],
    [['-p=-x'], '-x'],
    [['-p-x'], '-x'],
    [['--params', '--mem'], '--mem'],
    [['--params=-x=1'], '-x=1'],
    [['--params==x'], '=x'],
    [['-p', '=x'], '=x'],
    [['-p', '--'], '--'],
    [['-p', ''], ''],
    [['-hp', 'x'], 'x'],
  ])('reads the value that %j gives, whatever it begins with', (args, expected) => {
    expect(parse(...args)).toMatchObject({ params: [expected], positionals: [] });
  });

  test('keeps the values of a repeatable option in order', () => {
    expect(parse('-p', 'a', 'kernel', '--params=b', '-p=c').params).toEqual(['a', 'b', 'c']);
  });

  test('takes options after positional arguments', () => {
    expect(parse('kernel', '-m', '5')).toMatchObject({ mem: '5', positionals: ['kernel'] });
  });

  test('takes no options after --', () => {
    const parsed = parse('-m', '5', '--', '-m', '--help', '--');
    expect(parsed).toMatchObject({ mem: '5', help: false, positionals: ['-m', '--help', '--'] });
  });

  test('takes a lone dash for a positional argument', () => {
    expect(parse('-').positionals).toEqual(['-']);
  });

  test('does not mind a flag given twice', () => {
    expect(parse('--help', '-h').help).toBe(true);
  });

  const list = 'the options are listed by --help';
  test.each([
    [['--memory', '5'], "unknown option '--memory'", 'did you mean --mem?'],
    [['--parms=5'], "unknown option '--parms'", 'did you mean --params?'],
    [['-mem', '5'], "unknown option '-mem'", 'did you mean --mem?'],
    [['-mem=5'], "unknown option '-mem'", 'did you mean --mem?'],
    [['--no-help'], "unknown option '--no-help'", list],
    [['-z'], "unknown option '-z'", list],
    [['-hz'], "unknown option '-z'", list],
    [['--__proto__=1'], "unknown option '--__proto__'", list],
    [['--constructor'], "unknown option '--constructor'", list],
    [['-m', '1', '--mem', '2'], 'option --mem is given twice', undefined],
    [['-m'], 'option -m needs a value: -m MIB', undefined],
    [['x', '--params'], 'option --params needs a value: --params PARAMS', undefined],
    [['--help=yes'], 'option --help takes no value', undefined],
  ])('refuses %j', (args, message, hint) => {
    expect(outcome(() => parse(...args))).toMatchObject({ message, hint });
  });

  test('throws nothing but user errors, whatever the arguments', () => {
    const piece = fc.constantFrom('-', '--', 'm', 'mem', 'p', 'h', 'help', '=', '1');
    const argument = fc.oneof(fc.string(), fc.string({ unit: piece }));
    fc.assert(
      fc.property(fc.array(argument), (args) => {
        expect(() => outcome(() => parse(...args))).not.toThrow();
      }),
    );
  });
});
