import type { DescriptorChain } from '../queue/descriptor-chain';
import { serveQueue } from '../queue/serve-queue';
import type { VirtQueue } from '../queue/virt-queue';
import type { BalloonStatistics } from './balloon-state';
import { readStatistics } from './statistics';

/**
 * The queue of statistics, on which the device asks: it keeps a buffer, and when it gives that back, the
 * driver fills it and makes it available again. Virtio 1.2, 5.5.6.3.
 */
export class StatisticsQueue {
  /** The buffer that is kept. */
  #head: number | undefined;
  #waiting: ((statistics: BalloonStatistics | undefined) => void)[] = [];

  /** Takes what the driver made available. Returns whether there may be more. */
  handle(queue: VirtQueue): boolean {
    return serveQueue(queue, this);
  }

  serve({ head, readable }: DescriptorChain, queue: VirtQueue): void {
    if (this.#head !== undefined) {
      // One is enough.
      queue.addUsed(this.#head, 0);
    }
    this.#head = head;
    this.#answer(readStatistics(readable));
  }

  /** Asks the driver; `answer` is called when it has answered, or with nothing if it is gone before. */
  ask(queue: VirtQueue, answer: (statistics: BalloonStatistics | undefined) => void): void {
    this.#waiting.push(answer);
    if (this.#head !== undefined) {
      queue.addUsed(this.#head, 0);
      this.#head = undefined;
    }
  }

  /** The queue is gone. */
  reset(): void {
    this.#head = undefined;
    this.#answer(undefined);
  }

  #answer(statistics: BalloonStatistics | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((each) => each(statistics));
  }
}
