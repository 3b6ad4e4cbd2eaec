import { KVM_EXIT_HLT, KVM_EXIT_IO } from '@crosvm/kvm-sys';

import type { CoalescedWrites } from './index';
import { machineCode, TestGuest } from './testing/index';

/** Makes KVM collect writes to ports 0x40 to 0x43. */
function guestOf(...lines: string[]): TestGuest {
  const guest = TestGuest.create({ mode: 'long', code: machineCode(...lines) });
  guest.vm.coalesceWrites({ port: 0x40 }, 4);
  return guest;
}

/** Takes all writes: address, length, and the first bytes of the data. */
function takeAll(writes: CoalescedWrites, bytes: Uint8Array): string[] {
  const taken: string[] = [];
  while (!writes.isEmpty) {
    const { address, length, dataOffset, isPort } = writes;
    const data = Buffer.from(bytes.subarray(dataOffset, dataOffset + length)).toString('hex');
    taken.push(`${isPort ? 'port' : 'memory'} ${address.toString(16)}: ${data}`);
    writes.take();
  }
  return taken;
}

describe('coalesced writes', () => {
  it('are there after the next exit, in their order', () => {
    using guest = guestOf(
      'b8 44 33 22 11 ; mov eax, 0x11223344',
      'e7 40 ; out 0x40, eax',
      '66 e7 42 ; out 0x42, ax',
      'e6 41 ; out 0x41, al',
      'e6 50 ; out 0x50, al',
      'f4 ; hlt',
    );
    const { vcpu } = guest;
    expect(vcpu.coalescedWrites.isEmpty).toBe(true);
    expect([vcpu.run(), vcpu.exit.ioPort]).toEqual([KVM_EXIT_IO, 0x50]);
    expect(takeAll(vcpu.coalescedWrites, vcpu.runBytes)).toEqual([
      'port 40: 44332211',
      'port 42: 4433',
      'port 41: 44',
    ]);
    expect(vcpu.run()).toBe(KVM_EXIT_HLT);
  });

  it('leave reads, and writes that are not all inside, alone', () => {
    using guest = guestOf('e5 40 ; in eax, 0x40', '66 e7 43 ; out 0x43, ax', 'f4 ; hlt');
    const { vcpu } = guest;
    expect([vcpu.run(), vcpu.exit.ioPort]).toEqual([KVM_EXIT_IO, 0x40]);
    expect([vcpu.run(), vcpu.exit.ioPort]).toEqual([KVM_EXIT_IO, 0x43]);
    expect(vcpu.coalescedWrites.isEmpty).toBe(true);
  });

  it('lose nothing when there is no more room', () => {
    using guest = guestOf('e6 40 ; out 0x40, al', 'ff c0 ; inc eax', 'eb fa ; jmp to the start');
    const { vcpu } = guest;
    const values = Array.from({ length: 4 }, () => {
      expect([vcpu.run(), vcpu.exit.ioPort]).toEqual([KVM_EXIT_IO, 0x40]);
      const collected = takeAll(vcpu.coalescedWrites, vcpu.runBytes);
      return [...collected, `port 40: ${Buffer.from(guest.data).toString('hex')}`];
    }).flat();
    expect(values.length).toBeGreaterThan(4);
    const counted = values.map((_, index) => Buffer.from([index]).toString('hex'));
    expect(values).toEqual(counted.map((value) => `port 40: ${value}`));
  });
});
