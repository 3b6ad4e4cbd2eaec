import { EventFd, POLL_READABLE, type Poller, type PollRegistration } from '@crosvm/sys-util';

/** Hears of queues that the kernel cannot use as their drivers set them up. */
export class QueueErrors implements Disposable {
  readonly #events: readonly EventFd[];
  readonly #registrations: readonly PollRegistration[];

  /**
   * @param failed with the queue's number
   * @throws SysError EMFILE, ENFILE
   */
  constructor(poller: Poller, queues: number, failed: (index: number) => void) {
    this.#events = Array.from({ length: queues }, () => EventFd.create());
    this.#registrations = this.#events.map((event, index) =>
      poller.add(event.raw, POLL_READABLE, () => {
        event.read();
        failed(index);
      }),
    );
  }

  /** The eventfd of queue `index`; stays this one's. */
  fdOf(index: number): number {
    return this.#events[index]?.raw ?? -1;
  }

  [Symbol.dispose](): void {
    this.#registrations.forEach((registration) => registration.remove());
    this.#events.forEach((event) => event[Symbol.dispose]());
  }
}
