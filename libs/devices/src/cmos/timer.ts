import type { SharedMutex } from '@crosvm/data-model';
import {
  EventFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  TimerFd,
} from '@crosvm/sys-util';

import type { BackEnd } from '../back-end/back-end';
import type { InterruptLine, StateArea } from '../front-end/front-end';
import { eventInterrupt } from '../front-end/host-services';
import { deviceMutex } from '../front-end/locked-registers';
import { RtcClock } from './clock';

/** The clock, as its timer needs to know it. Descriptors stay the caller's. */
export interface RtcTimerConfig {
  /** The state of the front end. */
  readonly area: StateArea;
  /** The eventfd by which the front end wakes this. */
  readonly kickFd: number;
  /** The irqfd of the clock's interrupt. */
  readonly irqFd: number;
  /** The host's clock; default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Raises the interrupts of the real-time clock when they are due. It runs in the VMM's process, because
 * it acts on the registers themselves; it touches nothing of the host but a timer.
 */
export class RtcTimer implements BackEnd {
  readonly #clock: RtcClock;
  readonly #mutex: SharedMutex;
  readonly #kick: EventFd;
  readonly #irq: InterruptLine;
  readonly #now: () => number;
  // Follows the clock that the guest's time is made from, and so notices when that is set.
  readonly #timer = TimerFd.create({ clock: 'realtime' });
  readonly #registrations: PollRegistration[] = [];

  /** @throws SysError EMFILE, ENFILE */
  constructor({ area, kickFd, irqFd, now = Date.now }: RtcTimerConfig) {
    this.#clock = new RtcClock(area);
    this.#mutex = deviceMutex(area);
    this.#kick = EventFd.adopt(kickFd);
    this.#irq = eventInterrupt(irqFd);
    this.#now = now;
  }

  attach(poller: Poller): void {
    const { raw } = this.#timer;
    this.#registrations.push(
      poller.add(this.#kick.raw, POLL_READABLE, () => {
        this.#kick.read();
        this.#serve();
      }),
      poller.add(raw, POLL_READABLE, () => {
        this.#timer.read();
        this.#serve();
      }),
    );
    this.#serve();
  }

  drain(done: () => void): void {
    done();
  }

  [Symbol.dispose](): void {
    this.#registrations.forEach((registration) => registration.remove());
    this.#timer[Symbol.dispose]();
  }

  /** Raises what is due, and sets the timer to what comes next. */
  #serve(): void {
    const now = this.#now();
    this.#mutex.lock();
    const wasPending = this.#clock.irqPending();
    this.#clock.catchUp(now);
    const isPending = this.#clock.irqPending();
    const due = this.#clock.nextInterrupt(now);
    this.#mutex.unlock();
    if (isPending && !wasPending) {
      this.#irq.raise();
    }
    if (due === Infinity) {
      this.#timer.cancel();
    } else {
      this.#timer.setAt(due);
    }
  }
}
