import type { CpuAffinity } from '../config';
import { outcome } from '../cli/testing/outcome';
import { checkAffinity } from './check-affinity';
import { TemporaryHost } from './testing/temporary-host';

const all = (...cpus: number[]): CpuAffinity => ({ kind: 'all', cpus });
const each = (...cpus: number[][]): CpuAffinity => ({
  kind: 'each',
  cpus: new Map(cpus.entries()),
});

describe('checkAffinity', () => {
  test.each([[all(0, 3, 5)], [each([0, 1], [5])]])(
    'accepts CPUs that are online: %j',
    (affinity) => {
      using host = new TemporaryHost();
      const { onlineCpus } = host.write('onlineCpus', '0-3,5\n').paths;
      expect(() => checkAffinity(affinity, onlineCpus)).not.toThrow();
    },
  );

  test.each([
    [all(0, 4, 6), 4],
    [all(6), 6],
    [each([0], [1, 4]), 4],
  ])('names the first CPU of %j that is not', (affinity, missing) => {
    using host = new TemporaryHost();
    const { onlineCpus } = host.write('onlineCpus', '0-3,5\n').paths;
    expect(outcome(() => checkAffinity(affinity, onlineCpus))).toMatchObject({
      message: `--cpu-affinity names CPU ${missing}, which is not online`,
      hint: 'the CPUs of this machine that are online: 0-3,5',
    });
  });

  test('leaves it to the host where there is no file', () => {
    using host = new TemporaryHost();
    expect(() => checkAffinity(all(99), host.paths.onlineCpus)).not.toThrow();
  });

  test('reads the CPUs of this machine', () => {
    expect(() => checkAffinity(all(0))).not.toThrow();
    expect(() => checkAffinity(all(8191))).toThrow('--cpu-affinity names CPU 8191');
  });
});
