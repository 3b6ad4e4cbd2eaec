import {
  type OwnedFd,
  PollLoop,
  sealedMemory,
  SharedMemory,
  sinkLogger,
  socketPair,
} from '@crosvm/sys-util';
import {
  virtio_wl_ctrl_vfd_new,
  VIRTIO_WL_F_TRANS_FLAGS,
  VIRTWL_VQ_IN,
  VIRTWL_VQ_OUT,
} from '@crosvm/virtio-sys';

import type { GrantedMemory } from '../memory-requests/messages';
import {
  type MadeMemory,
  type MemoryGranter,
  MemoryRequestServer,
} from '../memory-requests/server';
import type { VirtioBackend } from '../virtio/backend';
import { featureMask } from '../virtio/features';
import { VirtQueue } from '../virtio/queue/virt-queue';
import type { MockDriver } from '../virtio/testing/mock-driver';
import { Features, testMemory, testQueue } from '../virtio/testing/test-queue';
import { wl } from '../virtio/wl/module';
import { FakeCompositor } from './fake-compositor';
import { FakeConfigSpace } from './fake-config-space';

const PAGE = 4096;
const WINDOW = 0x1_4000_0000;

/** A VMM that grants memory up to a number of regions, and counts them. */
class FakeVmm implements MemoryGranter {
  readonly regions = new Map<number, number>();
  most = 1000;
  #next = 1;

  allocate(size: number): MadeMemory | undefined {
    const { fd } = SharedMemory.create('shown', size);
    const memory = this.#grant(size, false);
    if (memory === undefined) {
      fd.close();
    }
    return memory && { memory, fd };
  }

  share(fd: number): GrantedMemory | undefined {
    const found = sealedMemory(fd);
    return found && this.#grant(found.size, found.readOnly);
  }

  release(region: number): boolean {
    return this.regions.delete(region);
  }

  #grant(size: number, readOnly: boolean): GrantedMemory | undefined {
    if (this.regions.size >= this.most) {
      return undefined;
    }
    const region = this.#next;
    this.#next += 1;
    this.regions.set(region, size);
    return { region, address: WINDOW + region * PAGE, size, readOnly };
  }
}

/** What the device answered, or told. */
export interface WlMessage {
  readonly type: number;
  readonly bytes: Buffer;
}

/** The Wayland device with its driver, its VMM and a compositor, all on one thread. */
export class WlRig implements Disposable {
  readonly loop = new PollLoop();
  readonly vmm = new FakeVmm();
  readonly compositor = new FakeCompositor();
  readonly log: string[] = [];
  readonly memory = testMemory();
  readonly device: VirtioBackend;
  readonly queues: (VirtQueue | undefined)[] = [];
  readonly in: MockDriver;
  readonly out: MockDriver;
  readonly faults: string[] = [];
  /** Queues that are to be served again. */
  readonly #again = new Set<number>();
  readonly #buffers: number[] = [];
  readonly #server: MemoryRequestServer;

  constructor({ transition = true, buffers = 8 } = {}) {
    const [near, far] = socketPair();
    this.#server = new MemoryRequestServer(near, this.vmm);
    this.#server.attach(this.loop, (fault) => this.faults.push(fault));
    const sockets = ['', 'other', 'gone'].map((name) => ({
      name,
      path: name === 'gone' ? '/nowhere/socket' : this.compositor.path,
      source: '/',
    }));
    const logger = sinkLogger({ write: ({ message }) => this.log.push(message) });
    const configSpace = new FakeConfigSpace();
    const resources = { fds: [far.release()], poller: this.loop, configSpace, logger };
    this.device = wl.create({ sockets }, resources);
    const queue = (base: number) => testQueue({ memory: this.memory, base });
    const [inQueue, outQueue] = [queue(0x1_0000), queue(0x4_0000)];
    this.queues.push(inQueue.queue, outQueue.queue);
    this.in = inQueue.driver;
    this.out = outQueue.driver;
    this.activate(transition);
    this.give(buffers);
  }

  /** The driver begins anew, as after a reset. */
  restart(): void {
    [this.in, this.out].forEach((driver, index) => {
      driver.clear();
      this.queues[index] = new VirtQueue(this.memory, driver.config, { features: Features.all });
    });
    this.activate();
  }

  /** The driver is ready. */
  activate(transition = true): void {
    this.device.activate({
      memory: this.memory,
      queues: this.queues,
      features: transition ? featureMask(VIRTIO_WL_F_TRANS_FLAGS) : 0n,
      interrupt: () => undefined,
      serve: (index) => this.#again.add(index),
      handOver: () => undefined,
      fail: (index, fault) => this.faults.push(`${index}: ${fault}`),
      updateConfig: () => undefined,
    });
  }

  /** Gives the device buffers of a page, or of so many bytes. */
  give(count: number, length = PAGE): void {
    for (let left = count; left > 0; left -= 1) {
      const at = this.in.allocate(length);
      const [head = 0] = this.in.add([{ at, length, writable: true }]);
      this.#buffers[head] = at;
    }
    this.device.handleQueue(VIRTWL_VQ_IN);
  }

  /** Lets everything happen that is due. */
  settle(): void {
    for (let turn = 0; turn < 24; turn += 1) {
      this.loop.runOnce(0);
      const again = [...this.#again];
      this.#again.clear();
      again
        .filter((index) => this.device.handleQueue(index))
        .forEach((index) => this.#again.add(index));
    }
  }

  /** What the device told the driver since this was asked last. */
  told(): WlMessage[] {
    this.settle();
    return this.in.collectUsed().map(({ id, len }) => {
      const bytes = Buffer.from(this.memory.read(this.#buffers[id] ?? 0, len));
      return { type: len === 0 ? 0 : bytes.readUInt32LE(0), bytes };
    });
  }

  /** Sends a message, and does not wait for its answer. */
  post(message: Uint8Array, answerBytes = virtio_wl_ctrl_vfd_new.size): number {
    const at = this.out.place(message);
    const answer = this.out.place(new Uint8Array(answerBytes));
    const chain = [
      { at, length: message.length },
      { at: answer, length: answerBytes, writable: true },
    ];
    this.out.add(chain.filter(({ length }) => length > 0));
    this.device.handleQueue(VIRTWL_VQ_OUT);
    return answer;
  }

  /** Sends a message, and gives the answer; its type is 0 if there is none. */
  ask(message: Uint8Array): WlMessage {
    const answer = this.post(message);
    this.settle();
    const [used] = this.out.collectUsed();
    const bytes = Buffer.from(this.memory.read(answer, used?.len ?? 0));
    return { type: used === undefined ? 0 : bytes.readUInt32LE(0), bytes };
  }

  [Symbol.dispose](): void {
    this.device[Symbol.dispose]();
    this.#server[Symbol.dispose]();
    this.compositor[Symbol.dispose]();
    this.loop[Symbol.dispose]();
  }
}

/** Closes descriptors. */
export function closeAll(fds: readonly OwnedFd[]): void {
  fds.forEach((fd) => fd.close());
}
