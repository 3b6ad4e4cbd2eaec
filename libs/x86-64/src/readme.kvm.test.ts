import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fileSource, loadKernel } from '@crosvm/kernel-loader';
import { tinyElf } from '@crosvm/kernel-loader/testing';
import { Kvm } from '@crosvm/kvm';
import { KVM_CAP_TSC_DEADLINE_TIMER } from '@crosvm/kvm-sys';
import { GuestMemory } from '@crosvm/sys-util';

import { configureBoot, configureVcpu, filterCpuid, memoryRegions } from './index';

const directory = mkdtempSync(join(tmpdir(), 'x86-64-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

it('does what the README says', () => {
  const segments = [{ at: 16 * 1024 ** 2, bytes: Uint8Array.of(0xf4) }];
  writeFileSync(join(directory, 'vmlinux'), tinyElf({ segments }));

  const cpus = 4;
  const kvm = Kvm.open();
  const vm = kvm.createVm();
  vm.createIrqchip();
  const memory = GuestMemory.create(memoryRegions(256 * 1024 ** 2));
  memory.regions.forEach((region, slot) => vm.setUserMemoryRegion(slot, region));

  const kernel = loadKernel(memory, fileSource(openSync(join(directory, 'vmlinux'), 'r')));
  const commandLine = 'console=ttyS0';
  const boot = configureBoot(memory, { kernel, commandLine, cpus, serialPorts: [1] });

  const tscDeadline = kvm.checkExtension(KVM_CAP_TSC_DEADLINE_TIMER) !== 0;
  const cpuid = filterCpuid(kvm.supportedCpuid(), { cpus, tscDeadline });
  const vcpus = Array.from({ length: cpus }, (_, index) => {
    const vcpu = vm.createVcpu(index);
    configureVcpu(vcpu, { index, cpuid, boot });
    return vcpu;
  });

  expect(vcpus.map((vcpu) => vcpu.getRegs().rip === BigInt(kernel.entry))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
