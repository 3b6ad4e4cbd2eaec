import { type GuestMemory, type Logger, RateLimited, SysError } from '@crosvm/sys-util';
import { virtio_balloon_config } from '@crosvm/virtio-sys';

import type { DeviceCommand } from '../../back-end/device-command';
import type { ActivationContext, ConfigSpace, VirtioBackend } from '../backend';
import type { DescriptorChain } from '../queue/descriptor-chain';
import { type ChainServer, serveQueue } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import { queueRole } from './balloon-config';
import type { BalloonReport, BalloonState } from './balloon-state';
import { type Given, giveBuffers, PageList } from './page-list';
import { StatisticsQueue } from './statistics-queue';

/** Requests of one turn that give memory: each may name thousands of pages. */
const CHAINS_PER_TURN = 8;

const TARGET_AT = virtio_balloon_config.offsetOf('num_pages');
const ACTUAL_AT = virtio_balloon_config.offsetOf('actual');

function isStatistics(index: number, { features }: ActivationContext): boolean {
  return queueRole(index, features) === 'statistics';
}

/** Takes memory that the guest does not need and gives it to the host. VIRTIO 1.2, 5.5. */
export class Balloon implements VirtioBackend {
  readonly #configSpace: ConfigSpace;
  readonly #problems: RateLimited;
  readonly #config = virtio_balloon_config.allocate();
  readonly #pages = new PageList();
  readonly #statistics = new StatisticsQueue();
  #context: ActivationContext | undefined;

  readonly #inflate: ChainServer = {
    serve: ({ head, readable }, queue) => {
      this.#pages.take(readable);
      this.#finish(queue, head, (memory) => this.#pages.giveBack(memory));
    },
  };
  /** Pages have memory again when they are touched, so nothing is to be done. */
  readonly #deflate: ChainServer = {
    serve: ({ head }, queue) => queue.addUsed(head, 0),
  };
  readonly #reporting: ChainServer = {
    serve: ({ head, writable }: DescriptorChain, queue) =>
      this.#finish(queue, head, (memory) => giveBuffers(memory, writable)),
  };

  constructor({ configSpace, logger }: { configSpace: ConfigSpace; logger: Logger }) {
    this.#configSpace = configSpace;
    this.#problems = new RateLimited(logger);
  }

  activate(context: ActivationContext): void {
    this.#context = context;
  }

  handleQueue(index: number): boolean {
    const context = this.#context;
    const queue = context?.queues[index];
    if (context === undefined || queue === undefined) {
      return false;
    }
    switch (queueRole(index, context.features)) {
      case 'inflate':
        return serveQueue(queue, this.#inflate, CHAINS_PER_TURN);
      case 'deflate':
        return serveQueue(queue, this.#deflate);
      case 'statistics':
        return this.#statistics.handle(queue);
      case 'reporting':
        return serveQueue(queue, this.#reporting, CHAINS_PER_TURN);
    }
  }

  resetQueue(index: number): void {
    if (this.#context !== undefined && isStatistics(index, this.#context)) {
      this.#statistics.reset();
    }
  }

  reset(): void {
    this.#context = undefined;
    this.#statistics.reset();
    // Whoever comes next has all of the memory.
    this.#config.actual = 0;
    this.#configSpace.store(ACTUAL_AT, this.#bytes(ACTUAL_AT));
    this.#problems.flush();
  }

  writeConfig(offset: number, content: Uint8Array): void {
    this.#config.buffer.set(content, offset);
    this.#configSpace.store(offset, content);
  }

  command(command: DeviceCommand, answer: (answer: unknown) => void): void {
    switch (command.kind) {
      case 'set-balloon':
        this.#config.num_pages = command.pages;
        this.#configSpace.update(TARGET_AT, this.#bytes(TARGET_AT));
        answer(this.#state());
        break;
      case 'balloon-state':
        answer(this.#state());
        break;
      case 'balloon-report':
        this.#report(answer);
        break;
      default:
        answer(undefined);
    }
  }

  [Symbol.dispose](): void {
    this.#context = undefined;
    this.#statistics.reset();
  }

  /** The four bytes of the configuration at `offset`. */
  #bytes(offset: number): Uint8Array {
    return this.#config.buffer.slice(offset, offset + 4);
  }

  #state(): BalloonState {
    const { num_pages: target, actual } = this.#config;
    return { target, actual, hasDriver: this.#context !== undefined };
  }

  #report(answer: (report: BalloonReport) => void): void {
    const context = this.#context;
    const index = context?.queues.findIndex(
      (queue, number) => queue !== undefined && isStatistics(number, context),
    );
    const queue = context?.queues[index ?? -1];
    if (context === undefined || index === undefined || queue === undefined) {
      answer(this.#state());
      return;
    }
    this.#statistics.ask(queue, (statistics) =>
      answer({ ...this.#state(), ...(statistics && { statistics }) }),
    );
    if (queue.needsInterrupt()) {
      context.interrupt(index);
    }
  }

  /** Gives a request back after its memory was given to the host. */
  #finish(queue: VirtQueue, head: number, give: (memory: GuestMemory) => Given): void {
    if (this.#context !== undefined) {
      const { outside, errno } = give(this.#context.memory);
      if (errno !== 0 && this.#problems.allows()) {
        const { message } = new SysError('fallocate', errno);
        this.#problems.warn(`memory cannot be given back: ${message}`);
      } else if (outside > 0 && this.#problems.allows()) {
        this.#problems.warn(`the guest gave ${outside} bytes of memory that it has not`);
      }
    }
    queue.addUsed(head, 0);
  }
}
