import { outcome } from '../cli/testing/outcome';
import { checkPlatform } from './check-platform';

const GOOD = { platform: 'linux', arch: 'x64', versions: { node: '20.20.2' } };

describe('checkPlatform', () => {
  test('accepts this machine', () => {
    expect(() => checkPlatform()).not.toThrow();
  });

  test.each(['20.20.0', '20.21.0', '22.0.0', '24.1.0', '26.0.0-nightly'])(
    'accepts Node.js %s',
    (node) => {
      expect(() => checkPlatform({ ...GOOD, versions: { node } })).not.toThrow();
    },
  );

  test.each(['20.19.9', '20.9.0', '18.20.4', '8.0.0'])('refuses Node.js %s', (node) => {
    expect(outcome(() => checkPlatform({ ...GOOD, versions: { node } }))).toMatchObject({
      message: `crosvm needs Node.js 20.20 or later, this is ${node}`,
      hint: 'install a newer one, see https://nodejs.org/',
    });
  });

  test.each([
    [
      { platform: 'darwin' },
      'crosvm runs on Linux only, this is darwin',
      'run it on a Linux machine that has KVM',
    ],
    [
      { arch: 'arm64' },
      'crosvm runs on x86_64 only, this is arm64',
      'run it on an x86_64 machine that has KVM',
    ],
    [
      { arch: 'ia32' },
      'crosvm runs on x86_64 only, this is ia32',
      'install the 64-bit Node.js (linux-x64)',
    ],
  ])('refuses %j', (difference, message, hint) => {
    expect(outcome(() => checkPlatform({ ...GOOD, ...difference }))).toMatchObject({
      message,
      hint,
    });
  });
});
