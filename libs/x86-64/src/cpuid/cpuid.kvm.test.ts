import { Kvm } from '@crosvm/kvm';
import { KVM_CAP_TSC_DEADLINE_TIMER } from '@crosvm/kvm-sys';

import { cpuidFor } from './cpuid-for';
import { filterCpuid } from './filter-cpuid';
import { find } from './testing/supported';

const APIC_ID = 3;

describe('the CPUID of a vCPU on real KVM', () => {
  it('is accepted and answers with the APIC id', () => {
    using kvm = Kvm.open();
    using vm = kvm.createVm();
    vm.createIrqchip();
    using vcpu = vm.createVcpu(APIC_ID);
    const tscDeadline = kvm.checkExtension(KVM_CAP_TSC_DEADLINE_TIMER) > 0;
    const entries = filterCpuid(kvm.supportedCpuid(), { cpus: 4, tscDeadline });

    vcpu.setCpuid2(cpuidFor(entries, APIC_ID));

    const features = find(vcpu.getCpuid2(), 1);
    expect(features.ebx >>> 24).toBe(APIC_ID);
    expect(features.ecx >>> 31).toBe(1);
    // Some kernels drop leaves that say nothing.
    expect(vcpu.getCpuid2().length).toBeGreaterThan(entries.length / 2);
  });

  it("keeps KVM's signature", () => {
    using kvm = Kvm.open();
    const entries = filterCpuid(kvm.supportedCpuid(), { cpus: 1, tscDeadline: false });
    const { ebx, ecx, edx } = find(entries, 0x4000_0000);
    const signature = Buffer.from(Uint32Array.of(ebx, ecx, edx).buffer).toString('latin1');
    expect(signature).toBe('KVMKVMKVM\0\0\0');
  });
});
