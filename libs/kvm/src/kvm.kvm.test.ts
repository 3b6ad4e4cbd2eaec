import {
  KVM_API_VERSION,
  KVM_CAP_IRQFD,
  KVM_CAP_NR_MEMSLOTS,
  KVM_CAP_USER_MEMORY,
  kvm_run,
} from '@crosvm/kvm-sys';
import { SysError } from '@crosvm/sys-util';

import { Kvm, KvmUnavailableError } from './index';

/** A capability that nobody has: the number is far above all that are given out. */
const NO_SUCH_CAPABILITY = 0xffff;

describe('Kvm', () => {
  it('speaks the one version of the API', () => {
    using kvm = Kvm.open();

    expect(kvm.apiVersion).toBe(KVM_API_VERSION);
  });

  it('answers what it can do', () => {
    using kvm = Kvm.open();

    expect(kvm.checkExtension(KVM_CAP_USER_MEMORY)).toBe(1);
    expect(kvm.checkExtension(KVM_CAP_IRQFD)).toBe(1);
    expect(kvm.checkExtension(KVM_CAP_NR_MEMSLOTS)).toBeGreaterThanOrEqual(32);
    expect(kvm.checkExtension(NO_SUCH_CAPABILITY)).toBe(0);
  });

  it('shares at least the run structure with each vCPU', () => {
    using kvm = Kvm.open();

    expect(kvm.vcpuMmapSize).toBeGreaterThanOrEqual(kvm_run.size);
    expect(kvm.vcpuMmapSize % 4096).toBe(0);
  });

  it('lists the CPUID leaves that it supports', () => {
    using kvm = Kvm.open();

    const entries = kvm.supportedCpuid();

    const vendor = entries.find((entry) => entry.function === 0);
    expect(entries.length).toBeGreaterThan(10);
    expect(vendor?.eax).toBeGreaterThanOrEqual(1);
    expect(entries.map((entry) => entry.function)).toContain(0x8000_0001);
    expect(entries.map((entry) => entry.function)).toContain(0x4000_0001);
  });

  it('lists the CPUID leaves that it emulates', () => {
    using kvm = Kvm.open();

    const functions = kvm.emulatedCpuid().map((entry) => entry.function);

    expect(functions).toContain(1);
  });

  it('lists the MSRs of a vCPU', () => {
    using kvm = Kvm.open();
    const MSR_IA32_SYSENTER_CS = 0x174;
    const MSR_STAR = 0xc000_0081;

    const indices = kvm.msrIndexList();

    expect(indices).toEqual(expect.arrayContaining([MSR_IA32_SYSENTER_CS, MSR_STAR]));
    expect(new Set(indices).size).toBe(indices.length);
  });

  it('lists and reads the MSRs that tell features', () => {
    using kvm = Kvm.open();

    const indices = kvm.msrFeatureIndexList();
    const msrs = kvm.featureMsrs(indices);

    expect(indices.length).toBeGreaterThan(0);
    expect(msrs.map(({ index }) => index)).toEqual(indices);
    expect(() => kvm.featureMsrs([0xdead_0001])).toThrow('KVM does not read MSR 0xdead0001');
  });

  it('makes VMs that outlive it', () => {
    using kvm = Kvm.open();
    using vm = kvm.createVm();

    kvm.close();

    expect(vm.checkExtension(KVM_CAP_USER_MEMORY)).toBe(1);
  });

  it('refuses a machine type that there is not', () => {
    using kvm = Kvm.open();

    expect(() => kvm.createVm(0x1234)).toThrow(SysError);
    expect(() => kvm.createVm(0x1234)).toThrow('ioctl(KVM_CREATE_VM)');
  });

  it('is not used after close', () => {
    using kvm = Kvm.open();

    kvm.close();

    expect(() => kvm.apiVersion).toThrow('used after close');
  });
});

/** The error of opening `path`. */
function openingError(path: string): Partial<KvmUnavailableError> {
  try {
    Kvm.open(path).close();
    return {};
  } catch (error) {
    return error as KvmUnavailableError;
  }
}

describe('Kvm.open', () => {
  it('says what to do where there is no KVM', () => {
    const error = openingError('/dev/no-such-kvm');

    expect(error).toBeInstanceOf(KvmUnavailableError);
    expect(error).toMatchObject({ code: 'KVM_MISSING', message: 'there is no /dev/no-such-kvm' });
    expect(error.hint).toContain('modprobe');
  });

  it('says so where it is another device', () => {
    const error = openingError('/dev/null');

    expect(error).toMatchObject({ code: 'KVM_NOT_KVM', message: '/dev/null is not KVM' });
  });
});
