import type { Ioctl } from '@crosvm/data-model';
import { Errno, OwnedFd, SysError } from '@crosvm/sys-util';
import type * as sysUtil from '@crosvm/sys-util';

import { VhostNet, VhostVsock } from './index';

/** What the kernel was asked, as it arrived. */
const calls: string[] = [];
/** What it does instead. */
let act: (bytes: Uint8Array) => void = () => undefined;

jest.mock('@crosvm/sys-util', () => ({
  ...jest.requireActual<typeof sysUtil>('@crosvm/sys-util'),
  ioctl: (fd: number, { name, request }: Ioctl, argument: Uint8Array | number = 0) => {
    const bytes = typeof argument === 'number' ? Uint8Array.of() : argument;
    calls.push(`${fd} ${name} ${request.toString(16)} ${Buffer.from(bytes).toString('hex')}`);
    act(bytes);
    return 0;
  },
}));

beforeEach(() => {
  calls.length = 0;
  act = () => undefined;
});

describe('what the kernel is asked', () => {
  const net = new VhostNet(9);
  const vsock = new VhostVsock(8);

  it.each<[string, () => void, string]>([
    ['to own it', () => net.setOwner(), '9 VHOST_SET_OWNER af01 '],
    ['to own it no more', () => net.resetOwner(), '9 VHOST_RESET_OWNER af02 '],
    [
      'features',
      () => net.setFeatures((1n << 33n) | 5n),
      '9 VHOST_SET_FEATURES 4008af00 0500000002000000',
    ],
    ['a size', () => net.setVringSize(1, 256), '9 VHOST_SET_VRING_NUM 4008af10 0100000000010000'],
    ['a base', () => net.setVringBase(1, 7), '9 VHOST_SET_VRING_BASE 4008af12 0100000007000000'],
    [
      'addresses',
      () => net.setVringAddresses(1, { desc: 2 ** 46, avail: 0x2000, used: 0x3000 }),
      '9 VHOST_SET_VRING_ADDR 4028af11 01000000' +
        '00000000' +
        '0000000000400000' +
        '0030000000000000' +
        '0020000000000000' +
        '0000000000000000',
    ],
    ['a kick', () => net.setVringKick(0, 5), '9 VHOST_SET_VRING_KICK 4008af20 0000000005000000'],
    ['a call', () => net.setVringCall(1, 5), '9 VHOST_SET_VRING_CALL 4008af21 0100000005000000'],
    [
      'no error',
      () => net.setVringError(0, undefined),
      '9 VHOST_SET_VRING_ERR 4008af22 00000000ffffffff',
    ],
    ['a backend', () => net.setBackend(1, 6), '9 VHOST_NET_SET_BACKEND 4008af30 0100000006000000'],
    [
      'no backend',
      () => net.setBackend(1, undefined),
      '9 VHOST_NET_SET_BACKEND 4008af30 01000000ffffffff',
    ],
    [
      'an address',
      () => vsock.setGuestCid(4_294_967_294),
      '8 VHOST_VSOCK_SET_GUEST_CID 4008af60 feffffff00000000',
    ],
    ['to run', () => vsock.setRunning(true), '8 VHOST_VSOCK_SET_RUNNING 4004af61 01000000'],
    ['to stop', () => vsock.setRunning(false), '8 VHOST_VSOCK_SET_RUNNING 4004af61 00000000'],
  ])('is %s', (_, call, expected) => {
    call();

    expect(calls).toEqual([expected]);
  });

  it('is to use all regions of memory', () => {
    net.setMemory([
      { at: 0, size: 0x1000, host: 0x7f00_0000_0000 },
      { at: 2 ** 32, size: 0x2000, host: 0x7f00_0000_1000 },
    ]);

    expect(calls).toEqual([
      '9 VHOST_SET_MEM_TABLE 4008af03 0200000000000000' +
        '0000000000000000001000000000000000000000007f00000000000000000000' +
        '0000000001000000002000000000000000100000007f00000000000000000000',
    ]);
  });

  it('is answered with features and bases', () => {
    act = (bytes) => bytes.fill(0x12, 4);

    expect(net.features).toBe(0x1212_1212_0000_0000n);
    expect(net.vringBase(1)).toBe(0x1212_1212);
  });

  it.each([
    ['EADDRINUSE', 'CID_TAKEN', 'another VM has the CID 3', 'choose another one, from 3 on'],
    ['EINVAL', 'BAD_CID', 'no guest can have the CID 3', undefined],
    ['EIO', 'FAILED', 'cannot set the CID 3', undefined],
  ] as const)('can be refused: %s', (errno, code, message, hint) => {
    act = () => {
      throw new SysError('ioctl(VHOST_VSOCK_SET_GUEST_CID)', Errno[errno]);
    };

    expect(() => vsock.setGuestCid(3)).toThrow(
      expect.objectContaining({ code, message, hint }) as Error,
    );
  });
});

describe('the descriptor', () => {
  it('is closed by who owns it', () => {
    const own = OwnedFd.duplicate(0);
    new VhostNet(own).close();
    const borrowed = OwnedFd.duplicate(0);
    using device = new VhostNet(borrowed.raw);
    device.close();

    expect(own.closed).toBe(true);
    expect(device.raw).toBe(borrowed.raw);
    borrowed.close();
  });
});
