import { TemporaryHost } from '../../host/testing/temporary-host';
import { checkKvmUse, checkStockKernels } from './kvm';

describe('checkKvmUse', () => {
  it('says of a machine without KVM what `run` says, with the same remedy', () => {
    using host = new TemporaryHost();
    host.write('cpuinfo', 'flags\t\t: fpu svm\n');

    expect(checkKvmUse(host.paths)).toMatchObject({
      name: 'kvm',
      verdict: 'failed',
      detail: expect.stringContaining(host.paths.kvm) as string,
      without: 'no VM runs',
      remedy: 'load the kernel module: sudo modprobe kvm_amd',
    });
  });
});

describe('checkStockKernels', () => {
  it.each([
    ['vmx', 'ok'],
    ['svm', 'ok'],
    ['hypervisor', 'limited'],
  ])('a processor with %s: %s', (flag, verdict) => {
    using host = new TemporaryHost();
    host.write('cpuinfo', `flags\t\t: fpu ${flag}\n`);

    expect(checkStockKernels(host.paths).verdict).toBe(verdict);
  });

  it('names the host that boots them', () => {
    using host = new TemporaryHost();

    expect(checkStockKernels(host.paths).remedy).toBe('use bin/nested-host -- crosvm run ...');
  });
});
