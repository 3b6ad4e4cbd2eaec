import { Errno, getrandomRaw, Iovecs, RateLimited } from '@crosvm/sys-util';
import { VIRTIO_ID_RNG } from '@crosvm/virtio-sys';

import { DeviceCounters } from '../metrics/device-counters';
import type { ActivationContext, BackendResources, DeviceModule, VirtioBackend } from './backend';
import type { DescriptorChain } from './queue/descriptor-chain';
import { serveQueue } from './queue/serve-queue';
import type { VirtQueue } from './queue/virt-queue';

const QUEUE_SIZE = 256;

/** Most bytes a request: buffers that overlap can ask for more than they have room for. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** Entropy from the host. VIRTIO 1.2, 5.4. */
class Rng implements VirtioBackend {
  readonly #iovecs = new Iovecs(QUEUE_SIZE);
  readonly #mistakes: RateLimited;
  readonly #counters: DeviceCounters;
  #context: ActivationContext | undefined;

  constructor({ logger, counters }: BackendResources) {
    this.#mistakes = new RateLimited(logger);
    this.#counters = counters ?? DeviceCounters.unread();
  }

  activate(context: ActivationContext): void {
    this.#context = context;
  }

  handleQueue(index: number): boolean {
    const queue = this.#context?.queues[index];
    return queue !== undefined && serveQueue(queue, this);
  }

  /** Fills what the chain has to write to. What it has to read means nothing (5.4.6.1). */
  serve({ head, writable }: DescriptorChain, queue: VirtQueue): void {
    writable.select(0, MAX_REQUEST_BYTES, this.#iovecs);
    let written = 0;
    for (let index = 0; index < this.#iovecs.count; index += 1) {
      const bytes = this.#fill(this.#iovecs.addressOf(index), this.#iovecs.lengthOf(index));
      written += bytes;
      if (bytes < this.#iovecs.lengthOf(index)) {
        break;
      }
    }
    if (written === 0) {
      this.#counters.failed();
      if (this.#mistakes.allows()) {
        this.#mistakes.warn('the guest asked for no entropy, or the host has none');
      }
    }
    this.#counters.toGuest(written);
    queue.addUsed(head, written);
  }

  reset(): void {
    this.#context = undefined;
  }

  [Symbol.dispose](): void {
    this.reset();
  }

  /** Returns the bytes written: fewer if the host fails. */
  #fill(address: number, length: number): number {
    let done = 0;
    while (done < length) {
      // SAFETY: an iovec of a chain, which lies in guest memory.
      const result = getrandomRaw(address + done, length - done);
      if (result < 0 && result !== -Errno.EINTR) {
        break;
      }
      done += Math.max(result, 0);
    }
    return done;
  }
}

/** The entropy device. It has no configuration and needs no descriptors. */
export const rng: DeviceModule<void> = {
  name: 'rng',
  deviceType: VIRTIO_ID_RNG,
  policy: 'rng_device',
  queueMaxSizes: () => [QUEUE_SIZE],
  features: () => 0n,
  configSpace: () => new Uint8Array(0),
  create: (_config, resources) => new Rng(resources),
};
