import { bytesSource, loadKernel } from '@crosvm/kernel-loader';
import { tinyElf } from '@crosvm/kernel-loader/testing';
import { Kvm, type Vcpu } from '@crosvm/kvm';
import {
  KVM_CAP_TSC_DEADLINE_TIMER,
  KVM_EXIT_IO,
  KVM_MP_STATE_RUNNABLE,
  KVM_MP_STATE_UNINITIALIZED,
} from '@crosvm/kvm-sys';
import { GuestMemory } from '@crosvm/sys-util';

import { configureBoot } from '../configure-boot';
import { filterCpuid } from '../cpuid/filter-cpuid';
import {
  BOOT_PARAMS_ADDRESS,
  GDT_ADDRESS,
  IDENTITY_MAP_ADDRESS,
  MAX_VCPUS,
  TSS_ADDRESS,
} from '../layout';
import { memoryRegions } from '../memory-regions';
import { configureVcpu } from './configure-vcpu';

const MiB = 1024 ** 2;
const KERNEL = 16 * MiB;
const PORT = 0x1234;

/*
 * mov eax, [rsi + 0x202]    "HdrS" of the boot parameters
 * mov dx, PORT
 * out dx, eax
 */
const CODE = Uint8Array.of(
  ...[0x8b, 0x86, 0x02, 0x02, 0x00, 0x00],
  ...[0x66, 0xba, PORT & 0xff, PORT >> 8],
  0xef,
);

/** A machine whose kernel is `CODE`, with its vCPUs set up. */
class TestMachine implements Disposable {
  readonly kvm = Kvm.open();
  readonly vm = this.kvm.createVm();
  readonly memory = GuestMemory.create(memoryRegions(64 * MiB));
  readonly skippedMsrs: string[] = [];
  readonly vcpus: readonly Vcpu[];

  constructor(cpus: number) {
    this.vm.setTssAddress(TSS_ADDRESS);
    this.vm.setIdentityMapAddress(IDENTITY_MAP_ADDRESS);
    this.vm.createIrqchip();
    this.memory.regions.forEach((region, slot) => this.vm.setUserMemoryRegion(slot, region));
    const image = tinyElf({ segments: [{ at: KERNEL, bytes: CODE }] });
    const kernel = loadKernel(this.memory, bytesSource(image));
    const boot = configureBoot(this.memory, { kernel, commandLine: '', cpus, serialPorts: [1] });
    const tscDeadline = this.kvm.checkExtension(KVM_CAP_TSC_DEADLINE_TIMER) !== 0;
    const cpuid = filterCpuid(this.kvm.supportedCpuid(), { cpus, tscDeadline });
    this.vcpus = Array.from({ length: cpus }, (_, index) => {
      const vcpu = this.vm.createVcpu(index);
      const onSkippedMsr = (name: string) => this.skippedMsrs.push(name);
      configureVcpu(vcpu, { index, cpuid, boot, onSkippedMsr });
      return vcpu;
    });
  }

  [Symbol.dispose](): void {
    this.vcpus.forEach((vcpu) => vcpu.close());
    this.vm.close();
    this.kvm.close();
    this.memory.fd.close();
  }
}

const lvt = (vcpu: Vcpu, offset: number): number => {
  const { regs } = vcpu.getLapic();
  return new DataView(regs.buffer, regs.byteOffset).getUint32(offset, true);
};

describe('configureVcpu', () => {
  it('puts vCPU 0 at the entry point in 64-bit mode', () => {
    using machine = new TestMachine(1);
    const [vcpu] = machine.vcpus;

    const regs = vcpu!.getRegs();
    const sregs = vcpu!.getSregs();

    expect(regs).toMatchObject({
      rip: BigInt(KERNEL),
      rsi: BigInt(BOOT_PARAMS_ADDRESS),
      rflags: 2n,
    });
    expect(sregs).toMatchObject({ cr0: 0x8005_0033n, cr4: 0x20n, efer: 0x500n, cr3: 0x9000n });
    expect(sregs.cs).toMatchObject({ selector: 0x10, l: 1, base: 0n, limit: 0xffff_ffff });
    expect(sregs.ss).toMatchObject({ selector: 0x18, base: 0n, limit: 0xffff_ffff });
    expect(sregs.gdt).toMatchObject({ base: BigInt(GDT_ADDRESS) });
  });

  it('runs the kernel, which finds its boot parameters', () => {
    using machine = new TestMachine(1);
    const vcpu = machine.vcpus[0]!;

    vcpu.run();

    const { reason, ioPort, ioDataOffset } = vcpu.exit;
    expect({ reason, ioPort }).toEqual({ reason: KVM_EXIT_IO, ioPort: PORT });
    expect(Buffer.from(vcpu.runBytes).toString('latin1', ioDataOffset, ioDataOffset + 4)).toBe(
      'HdrS',
    );
  });

  it('leaves the other vCPUs waiting to be woken', () => {
    using machine = new TestMachine(3);
    expect(machine.vcpus.map((vcpu) => vcpu.getMpState())).toEqual([
      KVM_MP_STATE_RUNNABLE,
      KVM_MP_STATE_UNINITIALIZED,
      KVM_MP_STATE_UNINITIALIZED,
    ]);
  });

  it('gives each vCPU its APIC id', () => {
    using machine = new TestMachine(3);
    const ids = machine.vcpus.map((vcpu) => {
      const leaf = vcpu.getCpuid2().find((entry) => entry.function === 1);
      return leaf!.ebx >>> 24;
    });
    expect(ids).toEqual([0, 1, 2]);
  });

  it('has the local APIC take the PICs at LINT0 and the NMI at LINT1', () => {
    using machine = new TestMachine(1);
    expect(lvt(machine.vcpus[0]!, 0x350)).toBe(0x700);
    expect(lvt(machine.vcpus[0]!, 0x360)).toBe(0x400);
  });

  it('starts the FPU with all exceptions masked', () => {
    using machine = new TestMachine(1);
    const { region } = machine.vcpus[0]!.getXsave();
    expect(machine.vcpus[0]!.getFpu().fcw).toBe(0x37f);
    // MXCSR, at byte 24 of the XSAVE area.
    expect(region.get(24 / 4)).toBe(0x1f80);
  });

  it('sets the MSRs that this KVM has', () => {
    using machine = new TestMachine(1);
    expect(machine.skippedMsrs).not.toContain('MSR_MTRRdefType');
    expect(machine.vcpus[0]!.getMsrs([0x2ff])).toEqual([{ index: 0x2ff, data: 0x806n }]);
  });

  it('can be done for 254 vCPUs', () => {
    using machine = new TestMachine(MAX_VCPUS);
    expect(machine.vcpus).toHaveLength(254);
  });
});
