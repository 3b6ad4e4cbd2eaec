import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { sandboxOptions } from './sandbox';

function read(given: Record<string, string> = {}) {
  const entries = Object.entries(given).map(([name, value]) => ({ name, value }));
  return sandboxOptions.read(new OptionValues(entries));
}

describe('sandbox options', () => {
  test('jail devices by the usual policies, by default', () => {
    expect(read()).toEqual({ sandbox: true, seccompLogFailures: false });
  });

  test('turn the sandbox off', () => {
    expect(read({ 'disable-sandbox': '' })).toEqual({ sandbox: false, seccompLogFailures: false });
  });

  test('name policies, and what becomes of calls', () => {
    const given = {
      'seccomp-policy-dir': 'policies',
      'seccomp-log-failures': '',
      'seccomp-record': 'calls',
    };
    expect(read(given)).toEqual({
      sandbox: true,
      seccompPolicyDir: 'policies',
      seccompLogFailures: true,
      seccompRecord: 'calls',
    });
  });

  test.each(['seccomp-policy-dir', 'seccomp-record'])('refuse an empty path for %s', (name) => {
    expect(outcome(() => read({ [name]: '' }))).toMatchObject({
      message: `--${name} needs a path that is not empty`,
    });
  });

  test.each(['seccomp-policy-dir', 'seccomp-record', 'seccomp-log-failures'])(
    'refuse --%s without a sandbox',
    (name) => {
      expect(outcome(() => read({ 'disable-sandbox': '', [name]: 'x' }))).toMatchObject({
        message: 'without a sandbox there are no seccomp policies',
      });
    },
  );
});
