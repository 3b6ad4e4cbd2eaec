import { Epoll, POLL_ERROR, POLL_HANG_UP } from './epoll';
import type { Poller, PollHandler, PollRegistration } from './poller';
import { Errno, SysError } from './sys-error';

const ALWAYS_REPORTED = POLL_ERROR | POLL_HANG_UP;

interface RegistrationParts {
  readonly set: PollSet;
  readonly fd: number;
  readonly token: number;
  readonly handler: PollHandler;
}

class Registration implements PollRegistration {
  readonly fd: number;
  readonly token: number;
  readonly #set: PollSet;
  readonly #handler: PollHandler;
  #interest: number;
  #removed = false;

  constructor({ set, fd, token, handler }: RegistrationParts, interest: number) {
    this.#set = set;
    this.fd = fd;
    this.token = token;
    this.#handler = handler;
    this.#interest = interest;
  }

  setInterest(interest: number): void {
    if (this.#removed) {
      throw new Error(`descriptor ${this.fd} is not polled any more`);
    }
    this.#set.change(this, this.#interest, interest);
    this.#interest = interest;
  }

  remove(): void {
    if (!this.#removed) {
      this.#removed = true;
      this.#set.forget(this, this.#interest);
    }
  }

  /** Called when the kernel has already forgotten it, because the descriptor was closed. */
  orphan(): void {
    this.#removed = true;
  }

  deliver(events: number): void {
    // An earlier handler of the same batch may have paused or narrowed this one.
    const ready = this.#interest === 0 ? 0 : events & (this.#interest | ALWAYS_REPORTED);
    if (ready !== 0) {
      this.#handler(ready);
    }
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** The registrations of a poller, over one epoll instance. */
export class PollSet implements Poller, Disposable {
  readonly #epoll: Epoll;
  /** By token. Tokens are never used again, so an event that comes late finds nobody. */
  readonly #byToken = new Map<number, Registration>();
  readonly #byFd = new Map<number, Registration>();
  #nextToken = 0;
  #dispatching = false;

  /** @throws SysError EMFILE, ENFILE */
  constructor(eventsPerWake: number) {
    this.#epoll = Epoll.create(eventsPerWake);
  }

  /** The epoll instance's descriptor, readable when a handler has something to do. */
  get raw(): number {
    return this.#epoll.fd.raw;
  }

  add(fd: number, interest: number, handler: PollHandler): PollRegistration {
    const token = this.#nextToken;
    this.#epoll.add(fd, interest, token);
    if (interest === 0) {
      this.#epoll.remove(fd);
    }
    // The kernel forgets a descriptor that is closed: as it took the number again, it is another.
    const known = this.#byFd.get(fd);
    if (known !== undefined) {
      known.orphan();
      this.#byToken.delete(known.token);
    }
    const registration = new Registration({ set: this, fd, token, handler }, interest);
    this.#nextToken += 1;
    this.#byToken.set(token, registration);
    this.#byFd.set(fd, registration);
    return registration;
  }

  /**
   * Waits up to `timeoutMs` (-1: without end) for one batch of events, and calls the handlers.
   * What a handler throws comes out here; events not yet delivered are reported again.
   * @throws Error if called by a handler
   */
  dispatch(timeoutMs: number): void {
    if (this.#dispatching) {
      throw new Error('a poll handler must not poll');
    }
    this.#dispatching = true;
    try {
      const count = this.#epoll.wait(timeoutMs);
      for (let index = 0; index < count; index += 1) {
        this.#byToken.get(this.#epoll.tokenAt(index))?.deliver(this.#epoll.eventsAt(index));
      }
    } finally {
      this.#dispatching = false;
    }
  }

  /** Tells the kernel what a registration waits for now. */
  change({ fd, token }: Registration, from: number, to: number): void {
    if (from === to) {
      return;
    }
    if (to === 0) {
      this.#epoll.remove(fd);
    } else if (from === 0) {
      this.#epoll.add(fd, to, token);
    } else {
      this.#epoll.modify(fd, to, token);
    }
  }

  /** Drops a registration that waits for `interest`. */
  forget(registration: Registration, interest: number): void {
    const { fd, token } = registration;
    this.#byToken.delete(token);
    if (this.#byFd.get(fd) === registration) {
      this.#byFd.delete(fd);
    }
    if (interest !== 0 && !this.#epoll.fd.closed) {
      removeIfOpen(this.#epoll, fd);
    }
  }

  [Symbol.dispose](): void {
    this.#byToken.clear();
    this.#byFd.clear();
    this.#epoll[Symbol.dispose]();
  }
}

/** A descriptor that was closed first is out of the set already. */
function removeIfOpen(epoll: Epoll, fd: number): void {
  try {
    epoll.remove(fd);
  } catch (error) {
    const gone =
      error instanceof SysError && (error.errno === Errno.EBADF || error.errno === Errno.ENOENT);
    if (!gone) {
      throw error;
    }
  }
}
