import { EventFd, POLL_READABLE, type Poller, type PollRegistration } from '@crosvm/sys-util';

/**
 * Passes on what others signal about queues that were given out of hand: an eventfd a queue, made when
 * it is needed.
 */
export class CallRelay implements Disposable {
  readonly #called: (index: number) => void;
  readonly #events: (EventFd | undefined)[] = [];
  readonly #registrations: PollRegistration[] = [];
  #poller: Poller | undefined;

  /** @param called with the queue's number whenever its eventfd was signalled */
  constructor(called: (index: number) => void) {
    this.#called = called;
  }

  /** Before the first `fdOf`. */
  attach(poller: Poller): void {
    this.#poller = poller;
  }

  /**
   * The eventfd of queue `index`; stays this one's.
   * @throws SysError EMFILE, ENFILE
   */
  fdOf(index: number): number {
    return (this.#events[index] ??= this.#make(index)).raw;
  }

  [Symbol.dispose](): void {
    this.#registrations.forEach((registration) => registration.remove());
    this.#events.forEach((event) => event?.[Symbol.dispose]());
  }

  #make(index: number): EventFd {
    const event = EventFd.create();
    const registration = this.#poller?.add(event.raw, POLL_READABLE, () => {
      event.read();
      this.#called(index);
    });
    if (registration !== undefined) {
      this.#registrations.push(registration);
    }
    return event;
  }
}
