import { Errno, Iovecs, writevRaw } from '@crosvm/sys-util';

import type { DeviceCounters } from '../../metrics/device-counters';
import type { DescriptorChain } from '../queue/descriptor-chain';
import type { ChainServer } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import type { Drops } from './drops';
import { HEADER_BYTES, MAX_FRAME_BYTES, MIN_FRAME_BYTES } from './frame';
import { QUEUE_SIZE } from './net-config';

/**
 * Takes frames from the driver's buffers to a TAP interface, which checks their headers: the kernel reads
 * them once. What it does not take is dropped, as a network does.
 */
export class Transmitter implements ChainServer {
  readonly #fd: number;
  readonly #drops: Drops;
  readonly #counters: DeviceCounters;
  readonly #iovecs = new Iovecs(QUEUE_SIZE);

  /** @param fd of the TAP interface, or anything that takes a frame a write and does not wait */
  constructor(fd: number, drops: Drops, counters: DeviceCounters) {
    this.#fd = fd;
    this.#drops = drops;
    this.#counters = counters;
  }

  serve({ head, readable }: DescriptorChain, queue: VirtQueue): void {
    const { total } = readable;
    if (total < MIN_FRAME_BYTES || total > MAX_FRAME_BYTES) {
      this.#drops.send('the guest sent a frame that is none');
    } else {
      readable.select(0, total, this.#iovecs);
      this.#write();
    }
    queue.addUsed(head, 0);
  }

  #write(): void {
    for (;;) {
      // SAFETY: the iovecs of a chain, which lie in guest memory.
      const result = writevRaw(this.#fd, this.#iovecs);
      if (result >= 0) {
        this.#counters.fromGuest(this.#iovecs.total - HEADER_BYTES);
        return;
      }
      if (result !== -Errno.EINTR) {
        this.#drops.refused(-result);
        return;
      }
    }
  }
}
