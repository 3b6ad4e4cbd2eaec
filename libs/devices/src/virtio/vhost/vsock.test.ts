import { Errno, PollLoop, sinkLogger, SysError } from '@crosvm/sys-util';
import type * as sysUtil from '@crosvm/sys-util';

import { FakeConfigSpace } from '../../testing/fake-config-space';
import { HandoverRig, kernel } from '../../testing/vhost-rig';
import { QUEUE_FEATURES } from '../features';
import { vhostVsock } from './vsock';

jest.mock('@crosvm/sys-util', () => ({
  ...jest.requireActual<typeof sysUtil>('@crosvm/sys-util'),
  ioctl: (...args: Parameters<typeof kernel.ioctl>) => kernel.ioctl(...args),
}));

const CONFIG = { cid: 0xffff_fffe, seqpacket: true };
const FEATURES = vhostVsock.features(CONFIG) | QUEUE_FEATURES | (1n << 32n);

function sockets() {
  const rig = new HandoverRig(3, FEATURES);
  const logger = sinkLogger({ write: () => undefined });
  const host = { poller: new PollLoop(), configSpace: new FakeConfigSpace(), logger };
  const device = vhostVsock.create(CONFIG, { fds: [60], ...host });
  return { rig, device };
}

/** What was asked, but for the set-up of queues. */
const milestones = (): string[] =>
  kernel.take().filter((line) => /OWNER|FEATURES|RUNNING|KICK/.test(line));

beforeEach(() => {
  kernel.asked.length = 0;
  kernel.judge = () => undefined;
});

describe('sockets between guest and host', () => {
  it('run with the queues of both directions, and not with that of events', () => {
    const { rig, device } = sockets();

    device.activate(rig.context);
    [0, 1, 2].forEach((index) => device.handleQueue(index));

    expect(milestones()).toEqual([
      '60 SET_OWNER',
      `60 SET_FEATURES ${(1 << 29) | (1 << 28) | 2} 1`,
      '60 SET_VRING_KICK 0 100',
      '60 SET_VRING_KICK 1 101',
      '60 VSOCK_SET_RUNNING 1',
    ]);
  });

  it('stop before a reset is over, and run again', () => {
    const { rig, device } = sockets();
    device.activate(rig.context);
    milestones();

    device.reset();
    const stopped = milestones();
    device.activate(rig.context);

    expect(stopped).toEqual([
      '60 VSOCK_SET_RUNNING 0',
      '60 SET_VRING_KICK 0 -1',
      '60 SET_VRING_KICK 1 -1',
    ]);
    expect(milestones().at(-1)).toBe('60 VSOCK_SET_RUNNING 1');
  });

  it('stop while one of their queues is reset', () => {
    const { rig, device } = sockets();
    device.activate(rig.context);
    milestones();
    kernel.base = 55;
    const [first] = rig.queues;
    device.resetQueue?.(0);
    rig.queues[0] = undefined;
    device.handleQueue(1);
    const stopped = milestones();
    rig.queues[0] = first;
    device.handleQueue(0);
    kernel.base = 0;
    const restarted = kernel.take();

    // That which was not reset goes on where it was.
    expect(restarted).toContain('60 SET_VRING_BASE 0 0');
    expect(restarted).toContain('60 SET_VRING_BASE 1 55');
    expect(restarted.at(-1)).toBe('60 VSOCK_SET_RUNNING 1');
    expect(stopped[0]).toBe('60 VSOCK_SET_RUNNING 0');
    expect(stopped).toHaveLength(3);
  });

  it('stand still while the VM does, and go on where they were', () => {
    const { rig, device } = sockets();
    device.activate(rig.context);
    milestones();
    rig.served.length = 0;
    kernel.base = 55;

    device.suspend?.();
    const stopped = milestones();
    device.resume?.();
    kernel.base = 0;
    const restarted = kernel.take();

    expect(stopped[0]).toBe('60 VSOCK_SET_RUNNING 0');
    expect(restarted).toContain('60 SET_VRING_BASE 0 55');
    expect(restarted).toContain('60 SET_VRING_BASE 1 55');
    expect(restarted.at(-1)).toBe('60 VSOCK_SET_RUNNING 1');
    // What the kernel was kicked for before it ran, it did not look at.
    expect(rig.served).toEqual([0, 1]);
  });

  it('do not mind a reset of the queue of events', () => {
    const { rig, device } = sockets();
    device.activate(rig.context);
    milestones();

    device.resetQueue?.(2);

    expect(milestones()).toEqual([]);
  });

  it('are given up if the kernel refuses them', () => {
    const { rig, device } = sockets();
    kernel.judge = (name) => {
      if (name === 'VHOST_VSOCK_SET_RUNNING') {
        throw new SysError('ioctl(VHOST_VSOCK_SET_RUNNING)', Errno.EFAULT);
      }
    };

    device.activate(rig.context);

    expect(rig.failed).toEqual([expect.stringMatching(/^0: ioctl\(VHOST_VSOCK_SET_RUNNING\)/)]);
  });

  it('tell the guest its address', () => {
    expect(Buffer.from(vhostVsock.configSpace(CONFIG)).toString('hex')).toBe('feffffff00000000');
    expect(vhostVsock.features({ cid: 3, seqpacket: false })).toBe(0n);
  });

  it('need a vhost device', () => {
    const resources = { fds: [] } as unknown as Parameters<typeof vhostVsock.create>[1];

    expect(() => vhostVsock.create(CONFIG, resources)).toThrow('sockets without a vhost device');
  });
});
