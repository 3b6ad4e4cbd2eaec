import { EventFd, POLL_READABLE, type Poller, type PollRegistration } from '@crosvm/sys-util';

/**
 * Passes on what others signal about queues that were given out of hand: an eventfd a queue, made
 * beforehand, for a lock-down may forbid that later.
 */
export class CallRelay implements Disposable {
  readonly #events: readonly EventFd[];
  readonly #called: (index: number) => void;
  #registrations: readonly PollRegistration[] = [];

  /**
   * @param called with the queue's number whenever its eventfd was signalled
   * @throws SysError EMFILE, ENFILE
   */
  constructor(queues: number, called: (index: number) => void) {
    this.#events = Array.from({ length: queues }, () => EventFd.create());
    this.#called = called;
  }

  /** Listens from now on. */
  attach(poller: Poller): void {
    this.#registrations = this.#events.map((event, index) =>
      poller.add(event.raw, POLL_READABLE, () => {
        event.read();
        this.#called(index);
      }),
    );
  }

  /** The eventfd of queue `index`, if there is one; stays this one's. */
  fdOf(index: number): number | undefined {
    return this.#events[index]?.raw;
  }

  [Symbol.dispose](): void {
    this.#registrations.forEach((registration) => registration.remove());
    this.#events.forEach((event) => event[Symbol.dispose]());
  }
}
