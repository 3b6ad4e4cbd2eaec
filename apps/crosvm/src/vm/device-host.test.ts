import { readSync, writeSync } from 'node:fs';

import {
  allocateFrontEnds,
  createFrontEnds,
  FRONT_ENDS,
  hostServices,
  request,
  rng,
  serial,
  SERIAL_PAGE_SIZE,
  VirtioDevice,
} from '@crosvm/devices';
import {
  createPipe,
  EventFd,
  FdSocket,
  GuestMemory,
  SharedMemory,
  socketPair,
} from '@crosvm/sys-util';

import { DeviceHost } from './device-host';
import { packSerialFds, packVirtioFds } from './device-plan';
import { decodeMessage, encodeMessage, type HostMessage, type HostRequest } from './host-messages';

const SETUP: HostRequest = { kind: 'setup', logLevel: 'warn' };
const MEMORY: HostRequest = { kind: 'memory', ranges: [{ at: 0, size: 0x10_0000 }] };
const DRAIN: HostRequest = { kind: 'drain' };
const NO_POWER = { reset: () => undefined, powerOff: () => undefined };
const VIRTIO: HostRequest = {
  kind: 'device',
  name: 'x',
  plan: { kind: 'virtio', backEnd: { device: 'rng', config: null }, queues: 1 },
};
const SERIAL: HostRequest = {
  kind: 'device',
  name: 'x',
  plan: { kind: 'serial', output: false, input: false },
};

/** Fills a pipe that does not wait. */
function fill(fd: number): void {
  expect(() => {
    for (;;) {
      writeSync(fd, Buffer.alloc(4096));
    }
  }).toThrow('EAGAIN');
}

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
    return this.tell(SETUP).tell(MEMORY, [this.#memory.fd.raw]);
  }

  device(device = 'rng', name = 'entropy'): this {
    const queues = this.#device.fds.kicks.length;
    const plan = { kind: 'virtio', backEnd: { device, config: null }, queues } as const;
    return this.tell({ kind: 'device', name, plan }, packVirtioFds(this.#device.fds));
  }

  /** A serial port to which the guest wrote `text`. */
  port(text: string, output: number): this {
    using page = SharedMemory.create('serial-test', SERIAL_PAGE_SIZE);
    using kick = EventFd.create();
    using irq = EventFd.create();
    const connection = { pageFd: page.fd.raw, kickFd: kick.raw };
    const set = allocateFrontEnds([request(serial, { base: 0, irqFd: irq.raw, connection })]);
    const [frontEnd] = createFrontEnds(set, FRONT_ENDS, hostServices(NO_POWER));
    Buffer.from(text).forEach((byte) => frontEnd?.ports[0]?.device.write(0, 1, byte));
    const plan = { kind: 'serial', output: true, input: false } as const;
    const fds = { page: page.fd.raw, kick: kick.raw, irq: irq.raw, output };
    return this.tell({ kind: 'device', name: 'serial 1', plan }, packSerialFds(fds));
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

const FINISHED: HostMessage = { kind: 'finished' };

describe('DeviceHost', () => {
  it('runs devices until it is told to finish', () => {
    using rig = new Rig();
    rig.setUp().device().device().tell(DRAIN);
    expect(rig.host.run()).toBe(true);
    expect([rig.heard(), rig.heard()]).toEqual([FINISHED, undefined]);
  });

  it('finishes at once when it has no devices, or its supervisor is gone', () => {
    using idle = new Rig();
    using left = new Rig();
    expect(idle.setUp().tell(DRAIN).host.run()).toBe(true);
    expect(left.setUp().device().hangUp().host.run()).toBe(true);
  });

  it('passes on what a serial port was given before it ends, without guest memory', () => {
    using rig = new Rig();
    const { reader, writer } = createPipe({ nonblock: true });
    rig.tell(SETUP).port('text', writer.raw).tell(DRAIN);
    expect(rig.host.run()).toBe(true);
    const text = Buffer.alloc(16);
    expect(text.toString('latin1', 0, readSync(reader.raw, text))).toBe('text');
    [reader, writer].forEach((fd) => fd.close());
  });

  it('answers as often as it is asked while nobody reads the output', () => {
    using rig = new Rig();
    const { reader, writer } = createPipe({ nonblock: true });
    fill(writer.raw);
    rig.tell(SETUP).port('text', writer.raw).tell(DRAIN).tell(DRAIN).tell(SERIAL);
    rig.host.run();
    expect([rig.heard(), rig.heard(), rig.heard()?.kind]).toEqual([FINISHED, FINISHED, 'failed']);
    [reader, writer].forEach((fd) => fd.close());
  });

  it('leaves output that nobody reads when its supervisor is gone', () => {
    using rig = new Rig();
    const { reader, writer } = createPipe({ nonblock: true });
    fill(writer.raw);
    rig.tell(SETUP).port('text', writer.raw).tell(DRAIN).hangUp();
    expect(rig.host.run()).toBe(true);
    [reader, writer].forEach((fd) => fd.close());
  });

  it('passes commands on to its devices, and answers for those that know none', () => {
    using rig = new Rig();
    const ask = (id: number, device: string): void =>
      void rig.tell({ kind: 'command', id, device, command: { kind: 'balloon-state' } });
    rig.setUp().device();
    ask(1, 'entropy');
    ask(2, 'nobody');
    rig.tell(DRAIN);
    expect(rig.host.run()).toBe(true);
    expect([rig.heard(), rig.heard()]).toEqual([
      { kind: 'answer', id: 1 },
      { kind: 'answer', id: 2 },
    ]);
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

  it.each<[string, HostRequest]>([
    ['memory', MEMORY],
    ['a device', VIRTIO],
    ['a serial port', SERIAL],
  ])('does not take %s without what belongs to it', (_what, request) => {
    using rig = new Rig();
    rig.tell(request);
    expect(rig.host.run()).toBe(false);
    expect(rig.heard()?.kind).toBe('failed');
  });
});
