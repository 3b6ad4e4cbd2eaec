import type { Poller, PollHandler, PollRegistration } from '@crosvm/sys-util';

/** What is known of a registration: it waits for `interest`, but not while the poller is paused. */
class PausableRegistration implements PollRegistration {
  constructor(
    private readonly inner: PollRegistration,
    private interest: number,
    private readonly owner: PausablePoller,
  ) {}

  get fd(): number {
    return this.inner.fd;
  }

  setInterest(interest: number): void {
    this.interest = interest;
    if (!this.owner.isPaused) {
      this.inner.setInterest(interest);
    }
  }

  remove(): void {
    this.owner.forget(this);
    this.inner.remove();
  }

  pause(): void {
    this.inner.setInterest(0);
  }

  resume(): void {
    this.inner.setInterest(this.interest);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** A poller that can be told to call nobody for a while: what happens meanwhile is seen after that. */
export class PausablePoller implements Poller {
  readonly #poller: Poller;
  readonly #registrations = new Set<PausableRegistration>();
  #paused = false;

  /** @param poller what it stands on; others may use it, too, and go on being called */
  constructor(poller: Poller) {
    this.#poller = poller;
  }

  /** Whether nobody is called. */
  get isPaused(): boolean {
    return this.#paused;
  }

  add(fd: number, interest: number, handler: PollHandler): PollRegistration {
    const inner = this.#poller.add(fd, this.#paused ? 0 : interest, handler);
    const registration = new PausableRegistration(inner, interest, this);
    this.#registrations.add(registration);
    return registration;
  }

  /** Calls nobody from now on. Doing it again does nothing. */
  pause(): void {
    if (!this.#paused) {
      this.#paused = true;
      this.#registrations.forEach((registration) => registration.pause());
    }
  }

  /** Calls everybody again, also for what happened meanwhile. Doing it again does nothing. */
  resume(): void {
    if (this.#paused) {
      this.#paused = false;
      this.#registrations.forEach((registration) => registration.resume());
    }
  }

  /** Called by a registration that is removed. */
  forget(registration: PausableRegistration): void {
    this.#registrations.delete(registration);
  }
}
