import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { loggingOptions } from './logging';

function read(given: Record<string, string> = {}) {
  const entries = Object.entries(given).map(([name, value]) => ({ name, value }));
  return loggingOptions.read(new OptionValues(entries));
}

describe('logging options', () => {
  test('log warnings, not to the syslog, by default', () => {
    expect(read()).toEqual({ level: 'warn' });
  });

  test.each(['error', 'warn', 'info', 'debug'])('read the level %s', (level) => {
    expect(read({ 'log-level': level })).toEqual({ level });
  });

  test('read the tag of the syslog', () => {
    expect(read({ 'syslog-tag': 'crosvm-7(x)' })).toEqual({
      level: 'warn',
      syslogTag: 'crosvm-7(x)',
    });
  });

  test.each([
    ['warning', 'did you mean warn?'],
    ['trace', undefined],
    ['INFO', 'did you mean info?'],
    ['', undefined],
  ])('refuse the level %j', (level, hint) => {
    expect(outcome(() => read({ 'log-level': level }))).toMatchObject({
      message: `--log-level must be one of error, warn, info, debug, not '${level}'`,
      hint,
    });
  });

  test.each(['', 'a b', 'a:', '[a', 'a]', 'é', 'x\n', 'x'.repeat(49)])(
    'refuse the tag %j',
    (tag) => {
      expect(() => read({ 'syslog-tag': tag })).toThrow(/^--syslog-tag must be 1 to 48 letters/);
    },
  );
});
