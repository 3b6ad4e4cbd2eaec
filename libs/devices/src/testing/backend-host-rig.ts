import {
  EventFd,
  FdSocket,
  type LogRecord,
  PollLoop,
  SharedMemory,
  sinkLogger,
  socketPair,
} from '@crosvm/sys-util';

import type { ActivationContext, VirtioBackend } from '../virtio/backend';
import { BackendHost } from '../virtio/backend-host';
import {
  type BackEndRequest,
  decodeAnswer,
  encodeRequest,
  RequestKind,
} from '../virtio/channel/messages';
import { DevicePage, devicePageSize } from '../virtio/device-page';
import { type ChainServer, serveQueue } from '../virtio/queue/serve-queue';
import type { VirtQueue } from '../virtio/queue/virt-queue';
import { MockDriver } from '../virtio/testing/mock-driver';
import { Features, testMemory } from '../virtio/testing/test-queue';

const QUEUES = 2;
const MAX_SIZE = 32;

/** A back end that gives back all that it gets, and remembers what happened to it. */
class EchoBackend implements VirtioBackend, ChainServer {
  readonly handsOver = true;
  readonly events: string[] = [];
  context: ActivationContext | undefined;
  /** Called with each chain. */
  onChain: (head: number) => void = () => undefined;
  command?: NonNullable<VirtioBackend['command']>;

  activate(context: ActivationContext): void {
    this.events.push('activate');
    this.context = context;
  }

  handleQueue(index: number): boolean {
    const queue = this.context?.queues[index];
    return queue !== undefined && serveQueue(queue, this);
  }

  serve({ head, writable }: { head: number; writable: { total: number } }, queue: VirtQueue): void {
    queue.addUsed(head, writable.total);
    this.onChain(head);
  }

  resetQueue(index: number): void {
    this.events.push(`reset queue ${index}`);
  }

  reset(): void {
    this.events.push('reset');
    this.context = undefined;
  }

  writeConfig(offset: number, content: Uint8Array): void {
    this.events.push(`write ${Buffer.from(content).toString('hex')} at ${offset}`);
  }

  [Symbol.dispose](): void {
    this.events.push('dispose');
  }
}

/** A host of a back end, with the test in the place of the front end and of the guest. */
export class BackendHostRig implements Disposable {
  readonly loop = new PollLoop();
  readonly memory = testMemory();
  readonly drivers = Array.from(
    { length: QUEUES },
    (_, index) => new MockDriver(this.memory, { base: 0x1_0000 * (index + 1), size: MAX_SIZE }),
  );
  readonly page: DevicePage;
  readonly kicks = Array.from({ length: QUEUES }, () => EventFd.create());
  readonly wires = Array.from({ length: QUEUES + 1 }, () => EventFd.create());
  readonly resample = EventFd.create();
  readonly backend = new EchoBackend();
  readonly log: LogRecord[] = [];
  readonly host: BackendHost;
  closed = 0;
  readonly #channel: FdSocket;

  constructor() {
    const pageMemory = SharedMemory.create('page-test', devicePageSize(QUEUES));
    this.page = new DevicePage(pageMemory.map().bytes);
    const [near, far] = socketPair();
    this.#channel = FdSocket.adopt(near, { maxBytes: 64, maxFds: 0, nonblock: true });
    this.host = new BackendHost({
      memory: this.memory,
      backend: this.backend,
      features: Features.all,
      queueMaxSizes: Array.from({ length: QUEUES }, () => MAX_SIZE),
      page: new DevicePage(pageMemory.map().bytes),
      channelFd: far.release(),
      kickFds: this.kicks.map(({ fd }) => fd.dup().release()),
      wireFds: this.wires.map(({ fd }) => fd.dup().release()),
      resampleFd: this.resample.fd.dup().release(),
      logger: sinkLogger({ write: (record) => this.log.push(record) }),
      onClosed: () => {
        this.closed += 1;
      },
    });
    this.host.attach(this.loop);
  }

  /** A device whose driver set up its queues and is ready. */
  static active(features: bigint = Features.all): BackendHostRig {
    const rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.publishQueue(1);
    rig.page.publish(features, 15, 2);
    if (rig.ask({ kind: RequestKind.Activate }) !== true) {
      throw new Error('the device cannot be activated');
    }
    rig.turn();
    return rig;
  }

  /** Serves what is ready, a number of times. */
  turn(times = 1): void {
    for (let count = 0; count < times; count += 1) {
      this.loop.runOnce(0);
    }
  }

  /** Asks as the front end does; whether it was done. */
  ask(request: BackEndRequest): boolean | undefined {
    this.#channel.send(encodeRequest(1, request));
    this.turn(2);
    const answer = this.#channel.receive();
    return typeof answer === 'string' ? undefined : decodeAnswer(answer.bytes)?.done;
  }

  /** Sends what is no request, or ends the connection. */
  send(bytes: Uint8Array | 'end'): void {
    if (bytes === 'end') {
      this.#channel[Symbol.dispose]();
    } else {
      this.#channel.send(bytes);
    }
    this.turn(2);
  }

  /** Puts queue `index` into the page as its driver set it up. */
  publishQueue(
    index: number,
    changes: Partial<{ enabled: boolean; size: number; desc: number }> = {},
  ): void {
    const { size, desc, avail, used } = this.#driver(index).config;
    this.page.publishQueue(index, { enabled: true, size, desc, avail, used, ...changes });
  }

  /** Kicks queue `index` and lets the host serve. */
  kick(index: number): void {
    this.kicks[index]?.signal();
    this.turn();
  }

  /** What was signalled on each wire since this was asked last. */
  interrupts(): number[] {
    return this.wires.map((wire) => wire.read() ?? 0);
  }

  #driver(index: number): MockDriver {
    const driver = this.drivers[index];
    if (driver === undefined) {
      throw new RangeError(`queue ${index}`);
    }
    return driver;
  }

  [Symbol.dispose](): void {
    this.host[Symbol.dispose]();
    this.loop[Symbol.dispose]();
    [...this.kicks, ...this.wires, this.resample].forEach((event) => event[Symbol.dispose]());
    this.#channel[Symbol.dispose]();
  }
}
