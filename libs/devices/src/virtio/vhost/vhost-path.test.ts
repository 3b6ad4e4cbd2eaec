import { Errno, PollLoop, sinkLogger, SysError } from '@crosvm/sys-util';
import type * as sysUtil from '@crosvm/sys-util';
import { VhostNet } from '@crosvm/vhost';

import { FakeConfigSpace } from '../../testing/fake-config-space';
import { HandoverRig, kernel } from '../../testing/vhost-rig';
import { QUEUE_FEATURES } from '../features';
import { netFeatures } from '../net/config-space';
import type { TapControl } from '../net/tap-control';
import { vhostNet } from './net-module';
import { VhostPath } from './vhost-path';

jest.mock('@crosvm/sys-util', () => ({
  ...jest.requireActual<typeof sysUtil>('@crosvm/sys-util'),
  ioctl: (...args: Parameters<typeof kernel.ioctl>) => kernel.ioctl(...args),
}));

const CONFIG = { mac: [2, 0, 0, 0, 0, 1], pairs: 2, offload: 0x0f };
const FEATURES = netFeatures(CONFIG) | QUEUE_FEATURES | (1n << 32n);
const logger = sinkLogger({ write: () => undefined });

class Rig extends HandoverRig {
  readonly loop = new PollLoop();
  readonly told: string[] = [];
  willing = true;
  readonly path: VhostPath;

  constructor() {
    super(5, FEATURES);
    const tap: TapControl = {
      fds: [50, 51],
      setOffload: (offload) => this.told.push(`offload ${offload}`) > 0,
      setQueues: (count) => this.told.push(`${count} queues`) > 0 && this.willing,
    };
    const devices = [new VhostNet(60), new VhostNet(61)];
    this.path = new VhostPath({ tap, devices, poller: this.loop, logger });
  }
}

/** What starts queue `index` of a device, but for the eventfd of its errors. */
const starting = (fd: number, index: number, queue: number, base = 0): RegExp[] => [
  new RegExp(`^${fd} SET_VRING_NUM ${index} 16$`),
  new RegExp(`^${fd} SET_VRING_BASE ${index} ${base}$`),
  new RegExp(`^${fd} SET_VRING_ADDR ${index}$`),
  new RegExp(`^${fd} SET_VRING_ERR ${index} \\d+$`),
  new RegExp(`^${fd} SET_VRING_CALL ${index} ${200 + queue}$`),
  new RegExp(`^${fd} SET_VRING_KICK ${index} ${100 + queue}$`),
  new RegExp(`^${fd} NET_SET_BACKEND ${index} ${fd - 10}$`),
];

const stopping = (fd: number, index: number): string[] => [
  `${fd} NET_SET_BACKEND ${index} -1`,
  `${fd} GET_VRING_BASE ${index}`,
  `${fd} SET_VRING_KICK ${index} -1`,
  `${fd} SET_VRING_CALL ${index} -1`,
];

function expectAsked(expected: readonly RegExp[]): void {
  expect(kernel.take()).toEqual(expected.map((line) => expect.stringMatching(line) as string));
}

beforeEach(() => {
  kernel.asked.length = 0;
  kernel.judge = () => undefined;
});

describe('queues of frames that the kernel serves', () => {
  it('are those of the first pair at first, with what was negotiated', () => {
    const rig = new Rig();

    rig.path.start(rig.context);

    // VERSION_1; EVENT_IDX, INDIRECT_DESC and MRG_RXBUF: the others are not the kernel's.
    const features = `${(1 << 29) | (1 << 28) | (1 << 15)} 1`;
    expectAsked([
      new RegExp(`^60 SET_FEATURES ${features}$`),
      /^60 SET_MEM_TABLE 2$/,
      new RegExp(`^61 SET_FEATURES ${features}$`),
      /^61 SET_MEM_TABLE 2$/,
      ...starting(60, 0, 0),
      ...starting(60, 1, 1),
    ]);
    expect(rig.told).toEqual(['1 queues']);
  });

  it('become more, and fewer, in the order that the interface needs', () => {
    const rig = new Rig();
    rig.path.start(rig.context);
    kernel.take();

    expect(rig.path.setPairs(2)).toBe(true);
    expectAsked([...starting(61, 0, 2), ...starting(61, 1, 3)]);
    expect(rig.path.setPairs(1)).toBe(true);
    expect(kernel.take()).toEqual([...stopping(61, 0), ...stopping(61, 1)]);
    rig.willing = false;
    expect(rig.path.setPairs(2)).toBe(false);
    expect(kernel.take()).toEqual([]);
    expect(rig.told).toEqual(['1 queues', '2 queues', '1 queues', '2 queues']);
  });

  it('go on where they were if they were not reset meanwhile', () => {
    const rig = new Rig();
    rig.path.start(rig.context);
    rig.path.setPairs(2);
    kernel.base = 77;
    rig.path.setPairs(1);
    rig.path.resetQueue(3);
    kernel.take();

    rig.path.setPairs(2);
    kernel.base = 0;

    expectAsked([...starting(61, 0, 2, 77), ...starting(61, 1, 3, 0)]);
  });

  it('stand still while the VM does, and go on where they were', () => {
    const rig = new Rig();
    rig.path.start(rig.context);
    rig.path.setPairs(2);
    rig.path.setPairs(1);
    kernel.take();
    kernel.base = 9;

    rig.path.suspend();
    const stopped = kernel.take();
    rig.path.resume();
    kernel.base = 0;

    expect(stopped).toEqual([...stopping(60, 0), ...stopping(60, 1)]);
    expectAsked([...starting(60, 0, 0, 9), ...starting(60, 1, 1, 9)]);
  });

  it('are stopped before a reset is over', () => {
    const rig = new Rig();
    rig.path.start(rig.context);
    kernel.take();

    rig.path.stop();
    rig.path.stop();

    expect(kernel.take()).toEqual([...stopping(60, 0), ...stopping(60, 1)]);
  });

  it('are stopped alone, and started again when the driver enables them', () => {
    const rig = new Rig();
    rig.path.start(rig.context);
    kernel.take();
    rig.path.resetQueue(1);
    const stopped = kernel.take();

    expect(rig.path.handleQueue(1)).toBe(false);
    rig.path.handleQueue(0);

    expect(stopped).toEqual(stopping(60, 1));
    expectAsked(starting(60, 1, 1));
  });

  it('are not started if the driver did not enable them', () => {
    const rig = new Rig();
    rig.queues[1] = undefined;

    rig.path.start(rig.context);

    expect(kernel.take().filter((line) => line.includes('BACKEND'))).toEqual([
      '60 NET_SET_BACKEND 0 50',
    ]);
  });

  it('are given up if the kernel refuses them', () => {
    const rig = new Rig();
    kernel.judge = (name) => {
      if (name === 'VHOST_NET_SET_BACKEND') {
        throw new SysError('ioctl(VHOST_NET_SET_BACKEND)', Errno.EFAULT);
      }
    };

    rig.path.start(rig.context);

    expect(rig.failed).toEqual([
      expect.stringMatching(/^0: ioctl\(VHOST_NET_SET_BACKEND\): .*EFAULT/),
      expect.stringMatching(/^1: ioctl\(VHOST_NET_SET_BACKEND\): .*EFAULT/),
    ]);
  });
});

describe('the module', () => {
  it('owns a vhost device for each pair before anything else', () => {
    const host = { poller: new PollLoop(), configSpace: new FakeConfigSpace(), logger };
    const card = vhostNet.create(CONFIG, { fds: [50, 51, 60, 61], ...host });

    expect(kernel.take()).toEqual(['60 SET_OWNER', '61 SET_OWNER']);
    expect(() => vhostNet.create(CONFIG, { fds: [50, 51, 60], ...host })).toThrow(
      '2 pairs of queues with 3 descriptors',
    );
    card[Symbol.dispose]();
  });
});
