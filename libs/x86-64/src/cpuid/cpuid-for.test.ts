import { cpuidFor } from './cpuid-for';
import { filterCpuid } from './filter-cpuid';
import { AMD, find, INTEL } from './testing/supported';

const options = { cpus: 254, tscDeadline: true };

describe('cpuidFor', () => {
  it.each([0, 1, 253])('gives vCPU %i its index as APIC id everywhere', (index) => {
    const amd = cpuidFor(filterCpuid(AMD, options), index);
    const intel = cpuidFor(filterCpuid(INTEL, options), index);
    expect(find(amd, 1).ebx >>> 24).toBe(index);
    expect([0, 1, 2].map((level) => find(intel, 0xb, level).edx)).toEqual([index, index, index]);
    expect([0, 1, 2].map((level) => find(intel, 0x1f, level).edx)).toEqual([index, index, index]);
    expect(find(amd, 0x8000_001e).eax).toBe(index);
    expect(find(amd, 0x8000_001e).ebx).toBe(index);
  });

  it('changes neither other leaves nor what it is given', () => {
    const entries = filterCpuid(AMD, options);
    const before = structuredClone(entries);
    const mine = cpuidFor(entries, 5);
    expect(entries).toEqual(before);
    expect(find(mine, 0x8000_0008)).toEqual(find(before, 0x8000_0008));
    expect(mine).toHaveLength(before.length);
  });
});
