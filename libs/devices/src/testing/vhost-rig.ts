import type { Ioctl } from '@crosvm/data-model';

import type { ActivationContext, QueueHandover } from '../virtio/backend';
import type { VirtQueue } from '../virtio/queue/virt-queue';
import { testMemory, testQueue } from '../virtio/testing/test-queue';

/** What the kernel was asked, as `fd NAME argument`, and what it refuses. */
export const kernel = {
  asked: [] as string[],
  /** Called with each request; may throw. */
  judge: (() => undefined) as (name: string) => void,
  /** What it says how far queues are. */
  base: 0,
  /** Stands for `ioctl`. */
  ioctl(fd: number, { name }: Ioctl, argument: Uint8Array | number = 0): number {
    const isStruct = typeof argument !== 'number';
    const words = isStruct
      ? Array.from(new Int32Array(argument.slice().buffer.slice(0, argument.length & ~3)))
      : [];
    kernel.asked.push([fd, name.replace(/^VHOST_/, ''), ...words].join(' '));
    kernel.judge(name);
    if (name === 'VHOST_GET_VRING_BASE' && isStruct) {
      argument[4] = kernel.base;
    }
    return 0;
  },
  /** What was asked since this was called last, without addresses. */
  take(): string[] {
    const hidden = /SET_VRING_ADDR|SET_MEM_TABLE|GET_VRING_BASE/;
    return kernel.asked.splice(0).map((line) => {
      const [fd, name = '', index] = line.split(' ');
      return hidden.test(name) ? [fd, name, index].join(' ') : line;
    });
  },
};

/** A device that has given its queues out of hand, and what it was told. */
export class HandoverRig {
  readonly memory = testMemory();
  readonly queues: (VirtQueue | undefined)[];
  readonly failed: string[] = [];
  /** Queues that were notified of in place of the driver. */
  readonly served: number[] = [];
  readonly context: ActivationContext;

  /** @param count queues; kick and call of each are descriptors 100 + n and 200 + n */
  constructor(count: number, features: bigint) {
    const parts = Array.from({ length: count }, (_, index) =>
      testQueue({ memory: this.memory, base: 0x1_0000 * (index + 1), features }),
    );
    this.queues = parts.map(({ queue }) => queue);
    this.context = {
      memory: this.memory,
      queues: this.queues,
      features,
      interrupt: () => undefined,
      serve: (index) => this.served.push(index),
      handOver: (index): QueueHandover | undefined => {
        const config = parts[index]?.driver.config;
        return config && this.queues[index]
          ? { setup: { enabled: true, ...config }, kickFd: 100 + index, callFd: 200 + index }
          : undefined;
      },
      fail: (index, fault) => this.failed.push(`${index}: ${fault}`),
      updateConfig: () => undefined,
    };
  }
}
