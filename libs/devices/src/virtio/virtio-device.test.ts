import { FdSocket, OwnedFd, PollLoop, SharedMemory, sinkLogger } from '@crosvm/sys-util';
import {
  VIRTIO_F_ACCESS_PLATFORM,
  VIRTIO_F_RING_RESET,
  VIRTIO_F_VERSION_1,
} from '@crosvm/virtio-sys';

import { type BackEndFds, startBackEnd } from './back-end-plan';
import { decodeAnswer, encodeRequest, RequestKind } from './channel/messages';
import { DevicePage, devicePageSize } from './device-page';
import { hasFeature } from './features';
import type { VirtioPciConfig } from './pci/config';
import { rng } from './rng';
import { MockDriver } from './testing/mock-driver';
import { testMemory } from './testing/test-queue';
import { VirtioDevice } from './virtio-device';

const GSI = 40;

/** What a device host would get. */
function copies(fds: BackEndFds<number>): BackEndFds<OwnedFd> {
  const copy = (raw: number): OwnedFd => OwnedFd.duplicate(raw);
  return {
    page: copy(fds.page),
    channel: copy(fds.channel),
    resample: copy(fds.resample),
    kicks: fds.kicks.map(copy),
    wires: fds.wires.map(copy),
    resources: fds.resources.map(copy),
  };
}

/** An entropy device whose back end runs on a loop, with the test as its front end. */
class Rig implements Disposable {
  readonly memory = testMemory();
  readonly driver = new MockDriver(this.memory, { base: 0x1_0000, size: 16 });
  readonly device = VirtioDevice.create({
    module: rng,
    config: undefined,
    resources: [],
    firstGsi: GSI,
    pinGsi: 17,
  });
  readonly config = this.device.request.config as VirtioPciConfig;
  readonly page: DevicePage;
  readonly loop = new PollLoop();
  readonly channel = FdSocket.adopt(OwnedFd.adopt(this.config.channelFd), { nonblock: true });

  constructor() {
    const pageFd = OwnedFd.adopt(this.config.pageFd).dup();
    this.page = new DevicePage(SharedMemory.adopt(pageFd, devicePageSize(1)).map().bytes);
  }

  start(device = 'rng', fds: Partial<BackEndFds<OwnedFd>> = {}) {
    const { memory, loop } = this;
    const surroundings = { memory, poller: loop, logger: sinkLogger({ write: () => undefined }) };
    const all = { ...copies(this.device.fds), ...fds };
    return startBackEnd({ device, config: undefined }, all, surroundings);
  }

  ask(kind: (typeof RequestKind)[keyof typeof RequestKind]): boolean | undefined {
    this.channel.send(encodeRequest(1, { kind }));
    this.loop.runOnce(0);
    this.loop.runOnce(0);
    const answer = this.channel.receive();
    return typeof answer === 'string' ? undefined : decodeAnswer(answer.bytes)?.done;
  }

  [Symbol.dispose](): void {
    this.loop[Symbol.dispose]();
    this.device[Symbol.dispose]();
  }
}

describe('VirtioDevice', () => {
  it('has a GSI for each queue and one for its configuration', () => {
    using rig = new Rig();
    expect(rig.config.wires.map(({ gsi }) => gsi)).toEqual([GSI, GSI + 1]);
    expect(rig.device.gsis).toBe(2);
    expect(rig.config.intx.gsi).toBe(17);
  });

  it('may access all memory of the guest by the addresses of its driver', () => {
    using rig = new Rig();
    expect(hasFeature(rig.config.features, VIRTIO_F_ACCESS_PLATFORM)).toBe(false);
  });

  it('is one device for both halves: what its driver asks for is done', () => {
    using rig = new Rig();
    using host = rig.start();
    const { size, desc, avail, used } = rig.driver.config;
    rig.page.publishQueue(0, { enabled: true, size, desc, avail, used });
    const features = rig.config.features | (1n << BigInt(VIRTIO_F_VERSION_1));
    rig.page.publish(features, 0xf, 1);
    const [head] = rig.driver.add([{ at: 0x4000, length: 100, writable: true }]);

    const activated = rig.ask(RequestKind.Activate);
    rig.loop.runOnce(0);

    expect(activated).toBe(true);
    expect(rig.driver.collectUsed()).toEqual([{ id: head, len: 100 }]);
    expect(hasFeature(features, VIRTIO_F_RING_RESET)).toBe(true);
    expect(host).toBeDefined();
  });

  it('shows the end of its host to a front end that waits', () => {
    using rig = new Rig();
    const host = rig.start();
    rig.device.handedOver();
    expect(rig.channel.receive()).toBe('would-block');
    host[Symbol.dispose]();
    expect(rig.channel.receive()).toBe('closed');
  });

  it('hangs up, which ends the wait of a front end and stops no back end', () => {
    using rig = new Rig();
    using host = rig.start();
    const drained = jest.fn();
    rig.channel.send(encodeRequest(1, { kind: RequestKind.Reset }));
    rig.device.hangUp();
    expect(rig.channel.receive()).toBe('closed');
    rig.loop.runOnce(0);
    rig.loop.runOnce(0);
    host.drain(drained);
    expect(drained).toHaveBeenCalledTimes(1);
  });
});

describe('startBackEnd', () => {
  it('refuses devices that there are not, and the wrong number of descriptors', () => {
    using rig = new Rig();
    expect(() => rig.start('toaster')).toThrow("no virtio device is called 'toaster'");
    expect(() => rig.start('rng', { kicks: [] })).toThrow('a rng device with 0 queues');
    expect(() => rig.start('rng', { wires: [] })).toThrow(RangeError);
  });
});
