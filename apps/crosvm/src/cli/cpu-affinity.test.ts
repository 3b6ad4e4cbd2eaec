import fc from 'fast-check';

import { parseCpuAffinity } from './cpu-affinity';
import { outcome } from './testing/outcome';

const HINT = 'for example 0,2-3 for every vCPU, or 0=0:1=2,3 for vCPU 0 and 1';

describe('parseCpuAffinity', () => {
  test.each([
    ['0', [0]],
    ['0,1-3,5', [0, 1, 2, 3, 5]],
    ['5,1-3,2', [1, 2, 3, 5]],
    ['4-4', [4]],
    ['8191', [8191]],
  ])('reads %s for all vCPUs', (text, cpus) => {
    expect(parseCpuAffinity(text)).toEqual({ kind: 'all', cpus });
  });

  test('reads CPUs for each vCPU', () => {
    expect(parseCpuAffinity('0=0:1=1:2=2,3')).toEqual({
      kind: 'each',
      cpus: new Map([
        [0, [0]],
        [1, [1]],
        [2, [2, 3]],
      ]),
    });
  });

  test.each([
    ['', "a CPU index must be a whole number, not ''", HINT],
    ['0,', "a CPU index must be a whole number, not ''", HINT],
    ['0, 1', "a CPU index must be a whole number, not ' 1'", HINT],
    ['-1', "a CPU index must be a whole number, not ''", HINT],
    ['1-', "a CPU index must be a whole number, not ''", HINT],
    ['a', "a CPU index must be a whole number, not 'a'", HINT],
    ['0x1', "a CPU index must be a whole number, not '0x1'", HINT],
    ['1-2-3', "'1-2-3' is no range of CPUs", HINT],
    ['3-1', "the range '3-1' must go from low to high", undefined],
    ['8192', "a CPU index must be from 0 to 8191, not '8192'", undefined],
    [
      '0-99999999999999999',
      "a CPU index must be from 0 to 8191, not '99999999999999999'",
      undefined,
    ],
    ['=', "a vCPU index must be a whole number, not ''", HINT],
    ['0=', "a CPU index must be a whole number, not ''", HINT],
    ['=0', "a vCPU index must be a whole number, not ''", HINT],
    ['0=0:', "'' is not VCPU=CPUS", HINT],
    ['0=0:1', "'1' is not VCPU=CPUS", HINT],
    ['0=1=2', "'0=1=2' is not VCPU=CPUS", HINT],
    ['0=0:0=1', 'vCPU 0 is given twice', undefined],
    ['99999=1', "a vCPU index must be from 0 to 4095, not '99999'", undefined],
  ])('refuses %j', (text, message, hint) => {
    expect(outcome(() => parseCpuAffinity(text))).toMatchObject({
      message: `--cpu-affinity: ${message}`,
      hint,
    });
  });

  test('throws nothing but user errors, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('0', '1', '9', '-', ',', ':', '=') }),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(() => outcome(() => parseCpuAffinity(value))).not.toThrow();
      }),
    );
  });

  const cpuSet = fc
    .uniqueArray(fc.nat(8191), { minLength: 1, maxLength: 8 })
    .map((cpus) => cpus.sort((a, b) => a - b));

  test('reads back any list', () => {
    fc.assert(
      fc.property(cpuSet, (cpus) => {
        expect(parseCpuAffinity(cpus.join(','))).toEqual({ kind: 'all', cpus });
      }),
    );
  });

  test('reads back any assignment', () => {
    const assignments = fc.uniqueArray(fc.tuple(fc.nat(4095), cpuSet), {
      minLength: 1,
      maxLength: 8,
      selector: ([vcpu]) => vcpu,
    });
    fc.assert(
      fc.property(assignments, (entries) => {
        const text = entries.map(([vcpu, cpus]) => `${vcpu}=${cpus.join(',')}`).join(':');
        expect(parseCpuAffinity(text)).toEqual({ kind: 'each', cpus: new Map(entries) });
      }),
    );
  });
});
