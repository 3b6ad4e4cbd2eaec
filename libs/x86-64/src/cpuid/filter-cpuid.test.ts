import fc from 'fast-check';

import { filterCpuid } from './filter-cpuid';
import { AMD, count, find, INTEL, leaf } from './testing/supported';

const one = { cpus: 1, tscDeadline: true };
const six = { cpus: 6, tscDeadline: true };
const bit = (register: number, number: number): number => (register >>> number) & 1;

describe('filterCpuid', () => {
  it('says that there is a hypervisor', () => {
    expect(bit(find(filterCpuid(AMD, one), 1).ecx, 31)).toBe(1);
  });

  it.each([AMD, INTEL])('offers the TSC deadline as KVM can', (...supported) => {
    const without = filterCpuid(supported, { cpus: 1, tscDeadline: false });
    expect(bit(find(filterCpuid(supported, one), 1).ecx, 24)).toBe(1);
    expect(bit(find(without, 1).ecx, 24)).toBe(0);
  });

  it.each([
    [1, 0],
    [2, 1],
    [254, 1],
  ])('counts %i logical CPUs in leaf 1', (cpus, htt) => {
    const { ebx, edx } = find(filterCpuid(INTEL, { cpus, tscDeadline: true }), 1);
    expect((ebx >>> 16) & 0xff).toBe(cpus);
    expect((ebx >>> 8) & 0xff).toBe(8);
    expect(bit(edx, 28)).toBe(htt);
  });

  it('leaves no sensors in leaf 6', () => {
    expect(find(filterCpuid(INTEL, one), 6)).toEqual(leaf(6, [4, 0, 0, 0]));
  });

  it.each([0xa, 0x4000_0000, 0x4000_0001, 7])('keeps leaf 0x%x as KVM reports it', (number) => {
    const supported = [
      ...INTEL,
      ...AMD.filter((entry) => [7, 0x4000_0000, 0x4000_0001].includes(entry.function)),
    ];
    expect(find(filterCpuid(supported, six), number)).toEqual(find(supported, number));
  });

  it('promises no performance counters that KVM does not have', () => {
    expect(count(filterCpuid(AMD, six), 0xa)).toBe(0);
  });

  it('changes nothing in what it is given', () => {
    const before = structuredClone(AMD);
    filterCpuid(AMD, six);
    expect(AMD).toEqual(before);
  });

  it.each([0, 255, 1.5])('refuses %p CPUs', (cpus) => {
    expect(() => filterCpuid(AMD, { cpus, tscDeadline: true })).toThrow(RangeError);
  });

  it('lists each leaf and subleaf once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 254 }), fc.constantFrom(AMD, INTEL), (cpus, from) => {
        const entries = filterCpuid(from, { cpus, tscDeadline: true });
        const keys = entries.map((entry) => `${entry.function}/${entry.index}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('keeps all registers 32 bits wide and unsigned', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 254 }), fc.constantFrom(AMD, INTEL), (cpus, from) => {
        const registers = filterCpuid(from, { cpus, tscDeadline: true }).flatMap((entry) => [
          entry.eax,
          entry.ebx,
          entry.ecx,
          entry.edx,
        ]);
        expect(registers).toEqual(registers.map((register) => register >>> 0));
      }),
    );
  });
});

describe('the topology in leaves 0xb and 0x1f', () => {
  it.each([0xb, 0x1f])('is one package of cores with one thread, in leaf 0x%x', (number) => {
    const entries = filterCpuid(INTEL, six);
    expect(count(entries, number)).toBe(3);
    expect(find(entries, number, 0)).toEqual(leaf(number, [0, 1, 0x100, 0], 0));
    expect(find(entries, number, 1)).toEqual(leaf(number, [3, 6, 0x201, 0], 1));
    expect(find(entries, number, 2)).toEqual(leaf(number, [0, 0, 2, 0], 2));
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [16, 4],
    [17, 5],
    [254, 8],
  ])('needs for %i CPUs %i bits of the APIC id', (cpus, bits) => {
    const entries = filterCpuid(INTEL, { cpus, tscDeadline: true });
    expect(find(entries, 0xb, 1).eax).toBe(bits);
  });

  it('is there on AMD too, but not beyond the last leaf', () => {
    const entries = filterCpuid(AMD, six);
    expect(find(entries, 0xb, 1).ebx).toBe(6);
    expect(count(entries, 0x1f)).toBe(0);
  });

  it('is left out where the last leaf is below', () => {
    const old = [leaf(0, [0xa, 0, 0, 0]), leaf(1, [0, 0, 0, 0])];
    expect(count(filterCpuid(old, six), 0xb)).toBe(0);
  });
});

describe('the caches in leaf 4', () => {
  it('are of one core up to level 2 and of the package from level 3', () => {
    const entries = filterCpuid(INTEL, six);
    expect((find(entries, 4, 0).eax >>> 14) & 0xfff).toBe(0);
    expect((find(entries, 4, 3).eax >>> 14) & 0xfff).toBe(7);
  });

  it('keep size and type, and end as before', () => {
    const entries = filterCpuid(INTEL, six);
    expect(find(entries, 4, 3).eax & 0x3fff).toBe(0x163);
    expect(find(entries, 4, 3).ecx).toBe(0xffff);
    expect(find(entries, 4, 4)).toEqual(leaf(4, [0, 0, 0, 0], 4));
  });

  it.each([
    [1, 0],
    [6, 7],
    [64, 63],
    [254, 63],
  ])('count, for %i CPUs, cores up to id %i', (cpus, last) => {
    const entries = filterCpuid(INTEL, { cpus, tscDeadline: true });
    expect(find(entries, 4, 0).eax >>> 26).toBe(last);
  });
});

describe('the leaves of AMD', () => {
  it('count cores and the bits of their ids', () => {
    expect(find(filterCpuid(AMD, six), 0x8000_0008).ecx).toBe(0x3005);
    expect(find(filterCpuid(AMD, one), 0x8000_0008).ecx).toBe(0);
  });

  it('say that the count of leaf 1 is of cores', () => {
    expect(bit(find(filterCpuid(AMD, six), 0x8000_0001).ecx, 1)).toBe(1);
    expect(bit(find(filterCpuid(AMD, one), 0x8000_0001).ecx, 1)).toBe(0);
  });

  it('share caches as leaf 4 does', () => {
    const entries = filterCpuid(AMD, six);
    expect(find(entries, 0x8000_001d, 2).eax).toBe(0x143);
    expect(find(entries, 0x8000_001d, 3).eax).toBe(0x0001_c163);
    expect(find(entries, 0x8000_001d, 4).eax).toBe(0);
  });

  it("describe the guest's topology, not the host's", () => {
    const entries = filterCpuid(AMD, six);
    expect(find(entries, 0x8000_001e)).toEqual(leaf(0x8000_001e, [0, 0, 0, 0]));
    expect(count(entries, 0x8000_0026)).toBe(0);
  });

  it('are without a topology leaf where the CPU has no extension for it', () => {
    const plain = AMD.map((entry) =>
      entry.function === 0x8000_0001 ? { ...entry, ecx: 0x393 } : entry,
    );
    expect(count(filterCpuid(plain, six), 0x8000_001e)).toBe(0);
  });

  it('stay reserved on Intel', () => {
    const entries = filterCpuid(INTEL, six);
    expect(find(entries, 0x8000_0008).ecx).toBe(0);
    expect(find(entries, 0x8000_0001).ecx).toBe(0x121);
    expect(count(entries, 0x8000_001e)).toBe(0);
  });
});
