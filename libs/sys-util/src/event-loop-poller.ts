import { type LoopWatch, watchReadable } from './ffi/event-loop';
import { PollSet } from './poll-set';
import type { Poller, PollHandler, PollRegistration } from './poller';

/** Most events of one turn of Node's loop, so that its timers and messages get their turn. */
const EVENTS_PER_TURN = 64;

/**
 * Serves descriptors as part of Node's event loop, on the main thread or in a worker.
 * It keeps the process alive until it is closed or `unref`ed. What a handler throws is an uncaught
 * exception, as with any callback of Node's.
 */
export class EventLoopPoller implements Poller, Disposable {
  readonly #set = new PollSet(EVENTS_PER_TURN);
  readonly #watch: LoopWatch;
  #closed = false;

  /** @throws SysError EMFILE, ENFILE */
  constructor() {
    this.#watch = watchReadable(this.#set.raw, () => {
      if (!this.#closed) {
        this.#set.dispatch(0);
      }
    });
  }

  add(fd: number, interest: number, handler: PollHandler): PollRegistration {
    return this.#set.add(fd, interest, handler);
  }

  /** Lets the process end although descriptors are still waited for. */
  unref(): this {
    this.#watch.unref();
    return this;
  }

  /** Undoes `unref`. */
  ref(): this {
    this.#watch.ref();
    return this;
  }

  [Symbol.dispose](): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#watch.close();
      this.#set[Symbol.dispose]();
    }
  }
}
