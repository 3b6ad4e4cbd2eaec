import { kvm_ioeventfd, KVM_IOEVENTFD_FLAG_DEASSIGN } from '@crosvm/kvm-sys';

import { ioEventBytes } from './io-event';

const FD = { raw: 9 };

describe('ioEventBytes', () => {
  it.each([
    ['a port', { fd: FD, at: { port: 0x3f8 }, length: 1 } as const, [0x3f8, 1, 2, 0n]],
    [
      'a port and a value',
      { fd: FD, at: { port: 0x3f8 }, length: 2, datamatch: 0 } as const,
      [0x3f8, 2, 3, 0n],
    ],
    ['an address', { fd: FD, at: { mmio: 2 ** 40 }, length: 0 } as const, [2 ** 40, 0, 0, 0n]],
    [
      'an address and a value of 64 bits',
      { fd: FD, at: { mmio: 0x1000 }, length: 8, datamatch: 0xffff_ffff_ffff_ffffn } as const,
      [0x1000, 8, 1, 0xffff_ffff_ffff_ffffn],
    ],
  ])('describes %s', (_, event, expected) => {
    const { addr, len, flags, datamatch, fd } = kvm_ioeventfd.at(ioEventBytes(event, 0).buffer);

    expect([addr, len, flags, datamatch]).toEqual(expected);
    expect(fd).toBe(9);
  });

  it('takes more flags', () => {
    const event = { fd: FD, at: { port: 1 }, length: 1 } as const;

    const bytes = ioEventBytes(event, KVM_IOEVENTFD_FLAG_DEASSIGN);

    expect(kvm_ioeventfd.at(bytes.buffer).flags).toBe(2 | KVM_IOEVENTFD_FLAG_DEASSIGN);
  });
});
