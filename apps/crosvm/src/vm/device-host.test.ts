import { rng, VirtioDevice } from '@crosvm/devices';
import { FdSocket, GuestMemory, socketPair } from '@crosvm/sys-util';

import { DeviceHost } from './device-host';
import {
  decodeMessage,
  encodeMessage,
  type HostMessage,
  type HostRequest,
  packFds,
} from './host-messages';

const SETUP: HostRequest = {
  kind: 'setup',
  ranges: [{ at: 0, size: 0x10_0000 }],
  logLevel: 'warn',
};
const DRAIN: HostRequest = { kind: 'drain' };

/** A host that has been told everything before it begins. */
class Rig implements Disposable {
  readonly #memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
  readonly #device = VirtioDevice.create({
    module: rng,
    config: undefined,
    resources: [],
    firstGsi: 24,
    pinGsi: 16,
  });
  readonly #supervisor: FdSocket;
  readonly host: DeviceHost;

  constructor() {
    const [near, far] = socketPair();
    this.#supervisor = FdSocket.adopt(near, { nonblock: true });
    this.host = new DeviceHost(far);
  }

  setUp(): this {
    return this.tell(SETUP, [this.#memory.fd.raw]);
  }

  device(device = 'rng', name = 'entropy'): this {
    const queues = this.#device.fds.kicks.length;
    const request: HostRequest = { kind: 'device', name, plan: { device, config: null }, queues };
    return this.tell(request, packFds(this.#device.fds));
  }

  tell(request: HostRequest, fds: readonly number[] = []): this {
    this.#supervisor.send(encodeMessage(request), fds);
    return this;
  }

  hangUp(): this {
    this.#supervisor[Symbol.dispose]();
    return this;
  }

  heard(): HostMessage | undefined {
    const message = this.#supervisor.receive();
    return typeof message === 'string' ? undefined : decodeMessage(message.bytes);
  }

  [Symbol.dispose](): void {
    this.host[Symbol.dispose]();
    this.#device[Symbol.dispose]();
    this.#supervisor[Symbol.dispose]();
  }
}

describe('DeviceHost', () => {
  it('runs devices until it is told to finish', () => {
    using rig = new Rig();
    rig.setUp().device().device().tell(DRAIN);
    expect(rig.host.run()).toBe(true);
    expect(rig.heard()).toBeUndefined();
  });

  it('finishes at once when it has no devices, or its supervisor is gone', () => {
    using idle = new Rig();
    using left = new Rig();
    expect(idle.setUp().tell(DRAIN).host.run()).toBe(true);
    expect(left.setUp().device().hangUp().host.run()).toBe(true);
  });

  it('says why it cannot go on', () => {
    using rig = new Rig();
    rig.setUp().device('toaster');
    expect(rig.host.run()).toBe(false);
    expect(rig.heard()).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining("no virtio device is called 'toaster'") as string,
    });
  });

  it.each([
    ['memory', SETUP],
    ['a device', { kind: 'device', name: 'x', plan: { device: 'rng', config: null }, queues: 1 }],
  ] as const)('does not take %s without what belongs to it', (_what, request) => {
    using rig = new Rig();
    rig.tell(request);
    expect(rig.host.run()).toBe(false);
    expect(rig.heard()?.kind).toBe('failed');
  });
});
