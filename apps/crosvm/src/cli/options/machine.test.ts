import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { machineOptions } from './machine';

function read(given: Record<string, string> = {}) {
  const entries = Object.entries(given).map(([name, value]) => ({ name, value }));
  return machineOptions.read(new OptionValues(entries));
}

describe('machine options', () => {
  test('are 256 MiB, one CPU and a balloon by default', () => {
    expect(read()).toEqual({ memory: 256, cpus: 1, balloon: { reporting: false } });
  });

  test.each([
    [{ mem: '1' }, { memory: 1 }],
    [{ mem: '67108863' }, { memory: 67108863 }],
    [{ cpus: '254' }, { cpus: 254 }],
    [{ 'cpu-affinity': '0-1' }, { cpuAffinity: { kind: 'all', cpus: [0, 1] } }],
    [
      { cpus: '2', 'cpu-affinity': '1=3' },
      { cpuAffinity: { kind: 'each', cpus: new Map([[1, [3]]]) } },
    ],
  ])('read %j', (given, expected) => {
    expect(read(given)).toMatchObject(expected);
  });

  test('read a balloon that there is not, or that reports', () => {
    expect(read({ 'no-balloon': '' })).not.toHaveProperty('balloon');
    expect(read({ 'balloon-page-reporting': '' }).balloon).toEqual({ reporting: true });
    expect(outcome(() => read({ 'no-balloon': '', 'balloon-page-reporting': '' }))).toMatchObject({
      message: '--balloon-page-reporting needs a balloon, and --no-balloon is given',
      hint: 'leave one of them away',
    });
  });

  test.each([
    [{ mem: '0' }, "--mem must be from 1 to 67108863 MiB, not '0'", undefined],
    [{ mem: '67108864' }, "--mem must be from 1 to 67108863 MiB, not '67108864'", undefined],
    [{ mem: '' }, "--mem must be a whole number of MiB, not ''", undefined],
    [{ mem: '-1' }, "--mem must be a whole number of MiB, not '-1'", undefined],
    [{ mem: '1.5' }, "--mem must be a whole number of MiB, not '1.5'", undefined],
    [{ mem: '4G' }, "--mem must be a whole number of MiB, not '4G'", 'say --mem 4096'],
    [{ mem: '512MiB' }, "--mem must be a whole number of MiB, not '512MiB'", 'say --mem 512'],
    [{ mem: '1tb' }, "--mem must be a whole number of MiB, not '1tb'", 'say --mem 1048576'],
    [{ mem: '4096k' }, "--mem must be a whole number of MiB, not '4096k'", undefined],
    [{ cpus: '0' }, "--cpus must be from 1 to 254, not '0'", undefined],
    [{ cpus: '255' }, "--cpus must be from 1 to 254, not '255'", undefined],
    [{ cpus: 'two' }, "--cpus must be a whole number, not 'two'", undefined],
    [
      { 'cpu-affinity': '0=0:1=1' },
      '--cpu-affinity names vCPU 1, but the vCPUs are 0 to 0',
      'give the VM more with --cpus 2',
    ],
  ])('refuse %j', (given, message, hint) => {
    expect(outcome(() => read(given))).toMatchObject({ message, hint });
  });
});
