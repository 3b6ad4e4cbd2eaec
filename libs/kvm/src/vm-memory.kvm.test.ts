import {
  KVM_EXIT_HLT,
  KVM_EXIT_MMIO,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
} from '@crosvm/kvm-sys';
import { GuestMemory, SysError } from '@crosvm/sys-util';

import { Kvm, type MemorySlot, type Vm } from './index';
import { machineCode, TestGuest } from './testing/index';

const PAGE = 0x1000;

/** A VM without any memory, and some to give it. */
function emptyVm(): { vm: Vm; first: MemorySlot; second: MemorySlot } {
  using kvm = Kvm.open();
  const memory = GuestMemory.create([
    { at: 0, size: 4 * PAGE },
    { at: 0x10_0000, size: 4 * PAGE },
  ]);
  const [first, second] = memory.regions;
  return { vm: kvm.createVm(), first: first!, second: second! };
}

const code = (error: string): Error => expect.objectContaining({ code: error }) as Error;

describe('memory slots', () => {
  it('can be added and taken away', () => {
    const { vm, first, second } = emptyVm();

    vm.setUserMemoryRegion(0, first);
    vm.setUserMemoryRegion(1, second, KVM_MEM_READONLY);
    vm.removeUserMemoryRegion(0);
    vm.setUserMemoryRegion(2, first);

    expect(() => vm.setUserMemoryRegion(3, second)).toThrow(code('EEXIST'));
    vm.close();
  });

  it('do not overlap', () => {
    const { vm, first, second } = emptyVm();
    vm.setUserMemoryRegion(0, first);

    const overlapping = { ...second, at: first.at + PAGE };

    expect(() => vm.setUserMemoryRegion(1, overlapping)).toThrow(SysError);
    expect(() => vm.setUserMemoryRegion(1, overlapping)).toThrow(code('EEXIST'));
    vm.close();
  });

  it('are whole pages', () => {
    const { vm, first } = emptyVm();

    expect(() => vm.setUserMemoryRegion(0, { ...first, at: 1 })).toThrow(code('EINVAL'));
    expect(() => vm.setUserMemoryRegion(0, { ...first, size: 100 })).toThrow(code('EINVAL'));
    vm.close();
  });

  it('have valid numbers, and exist before they are removed', () => {
    const { vm, first } = emptyVm();

    expect(() => vm.setUserMemoryRegion(0xffff, first)).toThrow(code('EINVAL'));
    expect(() => vm.removeUserMemoryRegion(7)).toThrow(code('EINVAL'));
    vm.close();
  });
});

describe('the dirty log', () => {
  it('has the pages that the guest wrote, once', () => {
    using guest = TestGuest.create({
      memorySize: 0x40_0000,
      code: machineCode(
        'a2 00 80    ; mov [0x8000], al',
        'f4          ; hlt',
        'a2 34 92    ; mov [0x9234], al',
        'f4          ; hlt',
      ),
    });
    const [region] = guest.memory.regions;
    guest.vm.setUserMemoryRegion(0, region!, KVM_MEM_LOG_DIRTY_PAGES);

    guest.vcpu.run();
    const first = guest.vm.getDirtyLog(0, region!.size);
    guest.vcpu.run();
    const second = guest.vm.getDirtyLog(0, region!.size);
    const third = guest.vm.getDirtyLog(0, region!.size);

    expect(first.length).toBe(0x40_0000 / PAGE / 8);
    // Bits of the pages 8, 9 and 10; what becomes of the page with the code is KVM's own matter.
    const written = [first, second, third].map((log) => log[1]! & 0b111);
    expect(written).toEqual([0b001, 0b010, 0]);
    expect(third.subarray(2).every((byte) => byte === 0)).toBe(true);
  });

  it('is there only for slots that ask for it', () => {
    using guest = TestGuest.create({ code: machineCode('f4') });

    expect(() => guest.vm.getDirtyLog(0, PAGE)).toThrow(code('ENOENT'));
    expect(() => guest.vm.getDirtyLog(5, PAGE)).toThrow(code('ENOENT'));
  });
});

describe('read-only memory', () => {
  it('is read without an exit, and written with one', () => {
    using guest = TestGuest.create({
      memorySize: 8 * PAGE,
      code: machineCode(
        'a0 10 80    ; mov al, [0x8010]',
        'fe c0       ; inc al',
        'a2 11 80    ; mov [0x8011], al',
        'f4          ; hlt',
      ),
    });
    const rom = GuestMemory.create([{ at: 0x8000, size: PAGE }]);
    rom.writeU8(0x8010, 0x66);
    guest.vm.setUserMemoryRegion(1, rom.regions[0]!, KVM_MEM_READONLY);

    const reason = guest.vcpu.run();
    const { mmioAddress, mmioIsWrite } = guest.vcpu.exit;
    const written = [...guest.data];
    const after = guest.vcpu.run();

    expect([reason, mmioAddress, mmioIsWrite]).toEqual([KVM_EXIT_MMIO, 0x8011, true]);
    expect(written).toEqual([0x67]);
    expect(after).toBe(KVM_EXIT_HLT);
    expect(rom.readU8(0x8011)).toBe(0);
  });

  it('shows the guest what the host writes', () => {
    using guest = TestGuest.create({
      memorySize: 8 * PAGE,
      code: machineCode('a0 00 80    ; mov al, [0x8000]', 'f4', 'a0 00 80', 'f4'),
    });
    const rom = GuestMemory.create([{ at: 0x8000, size: PAGE }]);
    guest.vm.setUserMemoryRegion(1, rom.regions[0]!, KVM_MEM_READONLY);
    const al = (): bigint => guest.vcpu.getRegs().rax & 0xffn;

    rom.writeU8(0x8000, 1);
    guest.vcpu.run();
    const before = al();
    rom.writeU8(0x8000, 2);
    guest.vcpu.run();

    expect([before, al()]).toEqual([1n, 2n]);
  });
});

describe('addresses for real mode', () => {
  it('can be chosen before the first vCPU', () => {
    using kvm = Kvm.open();
    using vm = kvm.createVm();

    vm.setIdentityMapAddress(0xfffb_c000);
    vm.setTssAddress(0xfffb_d000);
    using vcpu = vm.createVcpu(0);

    expect(vcpu.raw).toBeGreaterThan(2);
    expect(() => vm.setIdentityMapAddress(0xfffb_c000)).toThrow(code('EINVAL'));
  });
});
