import {
  type ActivationContext,
  type ChainServer,
  type CustomDevice,
  type DescriptorChain,
  serveQueue,
  type VirtioBackend,
  type VirtQueue,
} from '@crosvm/devices';

/** Most bytes of an answer. */
const MAX_BYTES = 4096;

/** Gives back what it is sent. */
class Echo implements VirtioBackend, ChainServer {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #context: ActivationContext | undefined;

  constructor(private readonly shout: boolean) {}

  activate(context: ActivationContext): void {
    this.#context = context;
  }

  handleQueue(index: number): boolean {
    const queue = this.#context?.queues[index];
    return queue !== undefined && serveQueue(queue, this);
  }

  serve({ head, readable, writable }: DescriptorChain, queue: VirtQueue): void {
    const length = Math.min(readable.total, writable.total, MAX_BYTES);
    readable.read(0, length, this.#view);
    for (let index = 0; this.shout && index < length; index += 1) {
      const byte = this.#bytes[index] ?? 0;
      this.#bytes[index] = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    }
    queue.addUsed(head, writable.write(0, length, this.#view));
  }

  reset(): void {
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.reset();
  }
}

const echo: CustomDevice = {
  name: 'echo',
  deviceType: 63,
  options: ['shout'],
  queueMaxSizes: () => [64],
  features: () => 0n,
  configSpace: () => new Uint8Array(0),
  create: ({ shout = false }) => new Echo(shout !== false),
};
export default echo;
