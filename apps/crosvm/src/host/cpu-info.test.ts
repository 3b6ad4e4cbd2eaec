import { crashHint, kvmKind, readCpuInfo } from './cpu-info';
import { TemporaryHost } from './testing/temporary-host';

function cpuinfo(flags: string): string {
  const processor = `processor\t: 0\nmodel name\t: vmx svm\nflags\t\t: ${flags}\nbugs\t\t: svm\n\n`;
  return processor.repeat(3);
}

describe('the processor', () => {
  test.each([
    ['fpu vmx lm', { vmx: true, svm: false, hypervisor: false }],
    ['svm fpu hypervisor', { vmx: false, svm: true, hypervisor: true }],
    ['fpu vmx_like svm2', { vmx: false, svm: false, hypervisor: false }],
    ['', { vmx: false, svm: false, hypervisor: false }],
  ])('with flags %j is told by them', (flags, expected) => {
    using host = new TemporaryHost();
    expect(readCpuInfo(host.write('cpuinfo', cpuinfo(flags)).paths.cpuinfo)).toEqual(expected);
  });

  test('has no flags where nothing is told', () => {
    using host = new TemporaryHost();
    const none = { vmx: false, svm: false, hypervisor: false };
    expect(readCpuInfo(host.paths.cpuinfo)).toEqual(none);
    expect(readCpuInfo(host.write('cpuinfo', 'processor : 0\n').paths.cpuinfo)).toEqual(none);
  });

  test('of this machine can be read', () => {
    expect(['hardware', 'pvm']).toContain(kvmKind());
  });
});

describe('kvmKind', () => {
  test.each([
    ['fpu vmx', 'hardware'],
    ['fpu svm hypervisor', 'hardware'],
    ['fpu hypervisor', 'pvm'],
  ])('with flags %j is %s', (flags, kind) => {
    using host = new TemporaryHost();
    expect(kvmKind(host.write('cpuinfo', cpuinfo(flags)).paths.cpuinfo)).toBe(kind);
  });
});

describe('the hint at a crash', () => {
  test('is none where KVM runs any kernel', () => {
    expect(crashHint(1, 'hardware')).toBeUndefined();
    expect(crashHint(2, 'hardware')).toBeUndefined();
  });

  test('is about the kernel on PVM, and about CPUs where there are several', () => {
    expect(crashHint(1, 'pvm')).not.toContain('CPU');
    expect(crashHint(1, 'pvm')).toContain('no stock kernels');
    expect(crashHint(2, 'pvm')).toContain('no second CPU (try -c 1)');
  });
});
