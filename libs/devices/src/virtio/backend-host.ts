import {
  EventFd,
  type GuestMemory,
  type Logger,
  OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  RateLimited,
} from '@crosvm/sys-util';
import { VIRTIO_PCI_ISR_CONFIG, VIRTIO_PCI_ISR_QUEUE } from '@crosvm/virtio-sys';

import type { BackEnd } from '../back-end/back-end';
import type { DeviceCommand } from '../back-end/device-command';
import type { ActivationContext, QueueHandover, VirtioBackend } from './backend';
import { type BackEndRequest, RequestKind } from './channel/messages';
import { RequestServer } from './channel/server';
import type { DevicePage, QueueSetup } from './device-page';
import { CallRelay } from './call-relay';
import { queueConfigFault } from './queue/queue-config';
import { VirtQueue } from './queue/virt-queue';

/** A virtio device, as the host of its back end needs to know it. */
export interface BackendHostConfig {
  readonly memory: GuestMemory;
  readonly backend: VirtioBackend;
  /** The features that it is offered with. */
  readonly features: bigint;
  /** The most descriptors of each queue. */
  readonly queueMaxSizes: readonly number[];
  /** Stays mapped: views of it may be about when this has ended. */
  readonly page: DevicePage;
  /** The socket on which the front end asks; taken over. */
  readonly channelFd: number;
  /** An eventfd for each queue, by which the back end is kicked; taken over. */
  readonly kickFds: readonly number[];
  /** What to signal when buffers of a queue were used; last, for the configuration. Taken over. */
  readonly wireFds: readonly number[];
  /** Signalled when the guest acknowledged the pin's interrupt; taken over. */
  readonly resampleFd: number;
  readonly logger: Logger;
  /** Called when the front end is gone. */
  readonly onClosed: () => void;
}

/**
 * Runs the back end of a virtio device: listens to its kicks and to what its front end asks, keeps its
 * queues, and interrupts the guest.
 *
 * All that comes from the device page and the rings is checked here and in `VirtQueue`, so a back end
 * never sees a queue that cannot be used. When a queue breaks, the device as a whole stops until it is
 * reset.
 */
export class BackendHost implements BackEnd {
  readonly #config: BackendHostConfig;
  readonly #page: DevicePage;
  readonly #server: RequestServer;
  readonly #kicks: readonly EventFd[];
  readonly #wires: readonly EventFd[];
  readonly #resample: EventFd;
  readonly #mistakes: RateLimited;
  readonly #queues: (VirtQueue | undefined)[];
  /** As they were when the queues were made. */
  readonly #setups: (QueueSetup | undefined)[];
  /** Of the kicks, by queue. */
  readonly #kickRegistrations: PollRegistration[] = [];
  readonly #registrations: PollRegistration[] = [];
  /** Of the queues that somebody else serves, where interrupts have to pass through here. */
  readonly #relay: CallRelay;
  /** What a back end says is wrong with its queues. */
  readonly #faults: (string | undefined)[] = [];
  #features = 0n;
  #active = false;

  constructor(config: BackendHostConfig) {
    const { page, queueMaxSizes, channelFd, kickFds, wireFds, resampleFd, logger } = config;
    this.#config = config;
    this.#page = page;
    this.#kicks = kickFds.map((fd) => EventFd.adopt(fd));
    this.#wires = wireFds.map((fd) => EventFd.adopt(fd));
    this.#resample = EventFd.adopt(resampleFd);
    this.#mistakes = new RateLimited(logger);
    this.#queues = queueMaxSizes.map(() => undefined);
    this.#setups = queueMaxSizes.map(() => undefined);
    const given = config.backend.handsOver === true ? queueMaxSizes.length : 0;
    this.#relay = new CallRelay(given, (index) => this.#interrupt(index, VIRTIO_PCI_ISR_QUEUE));
    this.#server = new RequestServer(OwnedFd.adopt(channelFd), {
      handle: (request, answer) => answer(this.#handle(request)),
      closed: config.onClosed,
    });
  }

  attach(poller: Poller): void {
    this.#server.attach(poller);
    this.#kicks.forEach((kick, index) => {
      const registration = poller.add(kick.raw, POLL_READABLE, () => this.#kicked(index));
      this.#kickRegistrations.push(registration);
      this.#registrations.push(registration);
    });
    this.#relay.attach(poller);
    const resample = poller.add(this.#resample.raw, POLL_READABLE, () => this.#acknowledged());
    this.#registrations.push(resample);
  }

  suspend(): void {
    if (this.#active) {
      this.#config.backend.suspend?.();
    }
  }

  resume(): void {
    if (this.#active) {
      this.#config.backend.resume?.();
    }
  }

  drain(done: () => void): void {
    this.#stop();
    done();
  }

  command(command: DeviceCommand, answer: (answer: unknown) => void): void {
    const { backend } = this.#config;
    if (backend.command === undefined) {
      answer(undefined);
    } else {
      backend.command(command, answer);
    }
  }

  /** Changes the device's configuration. A driver that is ready is told. */
  updateConfig(offset: number, content: Uint8Array): void {
    this.storeConfig(offset, content);
    if (this.#active) {
      this.#interrupt(this.#queues.length, VIRTIO_PCI_ISR_CONFIG);
    }
  }

  /** Changes the device's configuration, which is no news to the driver. */
  storeConfig(offset: number, content: Uint8Array): void {
    this.#page.updateConfig(offset, content);
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#stop();
    this.#registrations.forEach((registration) => registration.remove());
    this.#server[Symbol.dispose]();
    this.#config.backend[Symbol.dispose]();
    this.#relay[Symbol.dispose]();
    [...this.#kicks, ...this.#wires, this.#resample].forEach((event) => event[Symbol.dispose]());
  }

  #handle(request: Required<BackEndRequest>): boolean {
    switch (request.kind) {
      case RequestKind.Activate:
        return this.#activate();
      case RequestKind.Reset:
        this.#stop();
        return true;
      case RequestKind.QueueReset:
        return this.#resetQueue(request.queue);
      case RequestKind.QueueEnable:
        return this.#active && this.#enableQueue(request.queue);
      case RequestKind.ConfigWrite:
        return this.#writeConfig(request);
    }
  }

  #activate(): boolean {
    this.#stop();
    this.#faults.length = 0;
    this.#features = this.#page.features;
    // The front end let no other features through; but then somebody else may write to the page.
    const isOffered = (this.#features & ~this.#config.features) === 0n;
    if (!isOffered || !this.#queues.every((_, index) => this.#enableQueue(index))) {
      this.#queues.fill(undefined);
      return false;
    }
    const context: ActivationContext = {
      memory: this.#config.memory,
      queues: this.#queues,
      features: this.#features,
      interrupt: (index) => this.#interrupt(index, VIRTIO_PCI_ISR_QUEUE),
      serve: (index) => this.#kicks[index]?.signal(),
      handOver: (index) => this.#handOver(index),
      fail: (index, fault) => {
        // Not now: the back end may be in the middle of something.
        this.#faults[index] ??= fault;
        this.#takeBack(index);
        this.#kicks[index]?.signal();
      },
      updateConfig: (offset, content) => this.updateConfig(offset, content),
    };
    this.#active = true;
    this.#config.backend.activate(context);
    return true;
  }

  /** Makes queue `index` as the page has it; false if the driver set up what cannot be used. */
  #enableQueue(index: number): boolean {
    const maxSize = this.#config.queueMaxSizes[index];
    const setup = this.#page.queue(index);
    if (maxSize === undefined || setup === undefined) {
      return false;
    }
    if (!setup.enabled) {
      this.#queues[index] = undefined;
      return true;
    }
    const fault =
      setup.size > maxSize
        ? `${setup.size} descriptors instead of ${maxSize}`
        : queueConfigFault(this.#config.memory, setup);
    if (fault !== undefined) {
      this.#complain(index, fault);
      return false;
    }
    const { memory } = this.#config;
    this.#setups[index] = setup;
    this.#queues[index] = new VirtQueue(memory, setup, {
      features: this.#features,
      counters: this.#page.counters,
    });
    // The driver may have notified before there was anybody to listen.
    this.#kicks[index]?.signal();
    return true;
  }

  #resetQueue(index: number): boolean {
    if (this.#queues[index] !== undefined) {
      this.#config.backend.resetQueue?.(index);
      this.#queues[index] = undefined;
      this.#takeBack(index);
    }
    return index < this.#queues.length;
  }

  #handOver(index: number): QueueHandover | undefined {
    const setup = this.#setups[index];
    const kick = this.#kicks[index];
    const wire = this.#wires[index];
    // Behind a pin, the ISR status has to say who interrupts, which is ours to write.
    const callFd = this.#page.usesPin ? this.#relay.fdOf(index) : wire?.raw;
    if (this.#queues[index] === undefined || !setup || !kick || callFd === undefined) {
      return undefined;
    }
    this.#kickRegistrations[index]?.setInterest(0);
    return { setup, kickFd: kick.raw, callFd };
  }

  /** Listens to the kicks of a queue, which may have been given out of hand. */
  #takeBack(index: number): void {
    this.#kickRegistrations[index]?.setInterest(POLL_READABLE);
  }

  #stop(): void {
    if (this.#active) {
      this.#active = false;
      this.#config.backend.reset();
      this.#queues.forEach((_, index) => this.#takeBack(index));
    }
    this.#queues.fill(undefined);
  }

  #writeConfig({ offset, length, value }: Required<BackEndRequest>): boolean {
    const content = new Uint8Array(4);
    new DataView(content.buffer).setUint32(0, value, true);
    this.#config.backend.writeConfig?.(offset, content.subarray(0, length));
    return true;
  }

  #kicked(index: number): void {
    this.#kicks[index]?.read();
    this.#page.counters.kicked();
    const queue = this.#queues[index];
    if (!this.#active || queue === undefined) {
      return;
    }
    const fault = this.#faults[index];
    if (fault !== undefined) {
      this.#giveUp(index, fault);
      return;
    }
    const more = this.#config.backend.handleQueue(index);
    if (queue.needsInterrupt()) {
      this.#interrupt(index, VIRTIO_PCI_ISR_QUEUE);
    }
    if (queue.broken !== undefined) {
      this.#giveUp(index, queue.broken);
    } else if (more) {
      // Behind whatever else is ready now, so that a driver that floods a queue starves nobody.
      this.#kicks[index]?.signal();
    }
  }

  /** The driver broke queue `index`: the device does nothing more until it is reset. */
  #giveUp(index: number, fault: string): void {
    this.#complain(index, fault);
    this.#page.counters.failed();
    this.#stop();
    // Virtio 1.2, 2.1.2: NEEDS_RESET, and a notification that the configuration changed.
    this.#page.requestReset();
    this.#interrupt(this.#queues.length, VIRTIO_PCI_ISR_CONFIG);
  }

  #complain(index: number, fault: string): void {
    if (this.#mistakes.allows()) {
      this.#mistakes.warn(`the guest's driver broke queue ${index}: ${fault}`);
    }
  }

  #interrupt(wire: number, isr: number): void {
    this.#page.raiseIsr(isr);
    this.#wires[wire]?.signal();
    this.#page.counters.interrupted();
  }

  /** The guest acknowledged the pin's interrupt: if it did not see all of it, it comes again. */
  #acknowledged(): void {
    this.#resample.read();
    if (this.#page.isr !== 0) {
      this.#wires.at(-1)?.signal();
    }
  }
}
