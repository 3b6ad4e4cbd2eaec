import { existsSync } from 'node:fs';

import { EventFd, GuestMemory } from '@crosvm/sys-util';
import { VIRTIO_F_VERSION_1, VIRTIO_RING_F_EVENT_IDX } from '@crosvm/virtio-sys';

import { type VhostDevice, VhostNet, VhostVsock } from './index';

/** jest's `it` where this machine has the device. */
function itWith(path: string): jest.It {
  return existsSync(path) ? it : it.skip;
}

const REGIONS = [
  { at: 0, size: 0x10_0000 },
  { at: 2 ** 32, size: 0x10_0000 },
];
const SIZE = 64;

const bit = (feature: number): bigint => 1n << BigInt(feature);
const QUEUES = bit(VIRTIO_F_VERSION_1) | bit(VIRTIO_RING_F_EVENT_IDX);

/** Sets both queues up in memory, one in each region. */
function setUp(device: VhostDevice, memory: GuestMemory): void {
  device.setOwner();
  device.setFeatures(QUEUES);
  device.setMemory(memory.regions);
  for (const index of [0, 1]) {
    const host = memory.hostAddress(index * 2 ** 32 + 0x1_0000, 0x1_0000);
    device.setVringSize(index, SIZE);
    device.setVringBase(index, 0);
    device.setVringAddresses(index, { desc: host, avail: host + 0x4000, used: host + 0x8000 });
    device.setVringKick(index, EventFd.create().fd.release());
    device.setVringCall(index, EventFd.create().fd.release());
  }
}

describe('/dev/vhost-net', () => {
  const itCan = itWith('/dev/vhost-net');

  itCan('has the features of modern queues', () => {
    using device = VhostNet.open();

    expect(device.features & QUEUES).toBe(QUEUES);
    expect(() => device.setFeatures(1n << 63n)).toThrow('ioctl(VHOST_SET_FEATURES)');
  });

  itCan('has one owner', () => {
    using device = VhostNet.open();
    expect(() => device.setMemory([])).toThrow('EPERM');
    device.setOwner();

    expect(() => device.setOwner()).toThrow('EBUSY');
    device.resetOwner();
    expect(() => device.setOwner()).not.toThrow();
  });

  itCan('takes queues, but nothing for an interface that is none', () => {
    using device = VhostNet.open();
    setUp(device, GuestMemory.create(REGIONS));

    expect(device.vringBase(1)).toBe(0);
    expect(() => device.setBackend(0, 0)).toThrow('ioctl(VHOST_NET_SET_BACKEND)');
    expect(() => device.setBackend(0, undefined)).not.toThrow();
    expect(() => device.setVringSize(0, 3)).toThrow('EINVAL');
  });
});

describe('/dev/vhost-vsock', () => {
  const itCan = itWith('/dev/vhost-vsock');

  itCan('gives each address to one guest, until it is closed', () => {
    const first = VhostVsock.open();
    using second = VhostVsock.open();
    first.setGuestCid(41);
    const taken = (): void => second.setGuestCid(41);

    expect(taken).toThrow('another VM has the CID 41');
    expect(() => second.setGuestCid(2)).toThrow('no guest can have the CID 2');
    first.close();
    expect(taken).not.toThrow();
  });

  itCan('runs with queues that are set up, and stops', () => {
    using device = VhostVsock.open();
    device.setGuestCid(42);
    setUp(device, GuestMemory.create(REGIONS));
    device.setRunning(true);
    const whileRunning = (): void => device.setVringBase(0, 5);

    expect(whileRunning).toThrow('EBUSY');
    device.setRunning(false);
    expect(whileRunning).not.toThrow();
    expect(device.vringBase(0)).toBe(5);
  });

  itCan('does not run with queues that are not', () => {
    using device = VhostVsock.open();
    device.setOwner();

    expect(() => device.setRunning(true)).toThrow('ioctl(VHOST_VSOCK_SET_RUNNING)');
  });
});
