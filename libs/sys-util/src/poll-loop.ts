import { EventFd } from './event-fd';
import { POLL_READABLE } from './epoll';
import { PollSet } from './poll-set';
import type { Poller, PollHandler, PollRegistration } from './poller';

/** Most events of one wake-up: what is ready beyond that waits for the next, so nobody starves. */
const EVENTS_PER_WAKE = 64;

/**
 * A loop of its own: `run` blocks its thread, timers and messages of Node included, and calls
 * handlers as descriptors get ready. It allocates nothing per iteration.
 */
export class PollLoop implements Poller, Disposable {
  readonly #set = new PollSet(EVENTS_PER_WAKE);
  /** Ends `run` when it is signalled; another thread can signal a `dup` of it. */
  readonly stopEvent = EventFd.create();
  #stopping = false;

  /** @throws SysError EMFILE, ENFILE */
  constructor() {
    this.#set.add(this.stopEvent.raw, POLL_READABLE, () => {
      this.stopEvent.read();
      this.#stopping = true;
    });
  }

  add(fd: number, interest: number, handler: PollHandler): PollRegistration {
    return this.#set.add(fd, interest, handler);
  }

  /**
   * Serves until it is stopped; then it can be run again. What a handler throws ends it, too.
   * @throws Error if called by a handler
   */
  run(): void {
    while (!this.#stopping) {
      this.#set.dispatch(-1);
    }
    this.#stopping = false;
  }

  /** Serves one batch of events, after waiting up to `timeoutMs` for it. */
  runOnce(timeoutMs: number): void {
    this.#set.dispatch(timeoutMs);
  }

  /** Lets `run` return after the handlers that it is about to call, or the next `run` at once. */
  stop(): void {
    this.stopEvent.signal();
  }

  [Symbol.dispose](): void {
    this.#set[Symbol.dispose]();
    this.stopEvent[Symbol.dispose]();
  }
}
