import {
  Errno,
  type Mapping,
  POLL_READABLE,
  POLL_WRITABLE,
  type Poller,
  type PollRegistration,
  SysError,
  TimerFd,
} from '@crosvm/sys-util';

import { addPaused } from '../back-end/add-paused';
import type { InterruptLine } from '../front-end/front-end';
import { SerialPage } from './page';
import { FIFO_SIZE } from './registers';
import { DiscardSink, type SerialSink } from './sink';

/**
 * How long to let a burst of output gather, and to stay awake after it. A byte costs the guest some
 * microseconds, so without this there would be a doorbell, a wake-up and a write for every one of
 * them. Too short to be seen, and longer than a driver takes from one byte to the next.
 */
const GATHER_MS = 1;

/** A full ring is two pieces at most, and one may be interrupted. */
const PIECES = 3;

/** What the transmitting half of a serial back end works with. */
export interface SerialOutputParts {
  readonly mapping: Mapping;
  readonly page: SerialPage;
  readonly irq: InterruptLine;
  readonly sink: SerialSink;
  /** Told once if the sink fails; its output is discarded from then on. */
  readonly onProblem: (message: string) => void;
}

/**
 * From the transmit ring to the sink.
 *
 *               doorbell            timer                     sink is writable
 *     asleep -------------> gathering ----------> writing <--------------------+
 *        ^                     |  ^                  |   \____________________/
 *        |   ring is empty     |  |  ring is empty   |      ring is not empty
 *        +---------------------+  +------------------+
 *
 * Only when asleep does it want the doorbell: it raises `txSleeping` and looks at the ring once more,
 * as `WakeFlag` demands. At most a ring of bytes is held, so a sink that does not take them holds up
 * the guest and nothing else.
 */
export class SerialOutput implements Disposable {
  readonly #mapping: Mapping;
  readonly #page: SerialPage;
  readonly #irq: InterruptLine;
  readonly #onProblem: (message: string) => void;
  readonly #timer = TimerFd.create();
  #sink: SerialSink;
  #timing: PollRegistration | undefined;
  /** Missing for sinks that never make anybody wait. */
  #writable: PollRegistration | undefined;
  #state: 'asleep' | 'gathering' | 'writing' = 'gathering';
  #drained: (() => void) | undefined;

  constructor({ mapping, page, irq, sink, onProblem }: SerialOutputParts) {
    this.#mapping = mapping;
    this.#page = page;
    this.#irq = irq;
    this.#sink = sink;
    this.#onProblem = onProblem;
  }

  attach(poller: Poller): void {
    this.#timing = poller.add(this.#timer.raw, POLL_READABLE, () => this.#gathered());
    if (this.#sink.fd !== undefined) {
      this.#writable = addPaused(poller, this.#sink.fd, () => this.#write());
    }
    this.#gather();
  }

  /** The front end rang. */
  woken(): void {
    if (this.#state !== 'asleep') {
      return;
    }
    if (this.#page.tx.used > 0) {
      this.#gather();
    } else {
      // It rang late, for bytes that are gone, and took the flag.
      this.#sleep();
    }
  }

  /** Calls `done` when the ring is empty; nothing gathers any more. */
  drain(done: () => void): void {
    this.#drained = done;
    if (this.#state !== 'writing') {
      this.#gathered();
    }
  }

  [Symbol.dispose](): void {
    this.#timing?.remove();
    this.#writable?.remove();
    this.#timer[Symbol.dispose]();
    this.#sink[Symbol.dispose]();
  }

  #gather(): void {
    this.#state = 'gathering';
    this.#timer.setAfter(GATHER_MS);
  }

  #gathered(): void {
    this.#timer.read();
    if (this.#page.tx.used === 0) {
      this.#rest();
    } else {
      this.#state = 'writing';
      if (this.#writable === undefined) {
        this.#writeSome();
      } else {
        this.#writable.setInterest(POLL_WRITABLE);
      }
    }
  }

  /** Wants the doorbell, unless there is something in the ring by now; says whether it sleeps. */
  #sleep(): boolean {
    this.#state = 'asleep';
    this.#page.txSleeping.raise();
    if (this.#page.tx.used === 0) {
      return true;
    }
    this.#page.txSleeping.lower();
    this.#gather();
    return false;
  }

  /** The ring is empty: sleeps, or ends. */
  #rest(): void {
    if (!this.#sleep()) {
      return;
    }
    this.#interrupt();
    if (this.#drained !== undefined) {
      this.#drained();
      this.#drained = undefined;
    }
  }

  /**
   * The transmitter is empty, which the guest may wait for: it is told when the ring has room again
   * after it was full, and when it has been empty for a while. Not at once when it gets empty: a
   * handler that writes byte after byte is not done yet, and would be called once more for nothing.
   */
  #interrupt(): void {
    if (this.#page.txInterrupt.take()) {
      this.#irq.raise();
      this.#page.counters.interrupted();
    }
  }

  /** To a sink that never makes anybody wait: some pieces, so that others get their turn. */
  #writeSome(): void {
    for (let piece = 0; piece < PIECES && this.#page.tx.used > 0; piece += 1) {
      this.#writeOnce();
    }
    this.#gather();
  }

  /** To a sink that is writable: once, because a second time might wait. */
  #write(): void {
    this.#writeOnce();
    if (this.#page.tx.used === 0 || this.#writable === undefined) {
      this.#writable?.setInterest(0);
      // It stays awake a little: there is more to come, as a rule.
      this.#gather();
    }
  }

  /** Writes what lies in one piece in the ring. */
  #writeOnce(): void {
    const { tx } = this.#page;
    const offset = SerialPage.txDataOffset + tx.readOffset;
    const result = this.#sink.write(this.#mapping, offset, tx.readLength);
    if (result < 0) {
      if (-result !== Errno.EAGAIN) {
        this.#fail(-result);
      }
      return;
    }
    const wasFull = tx.free < FIFO_SIZE;
    tx.consumed(result);
    this.#page.counters.fromGuest(result);
    if (wasFull && tx.free >= FIFO_SIZE) {
      this.#interrupt();
    }
  }

  /** The sink is of no use any more: the guest goes on, and nobody hears it. */
  #fail(errno: number): void {
    this.#page.counters.failed();
    this.#onProblem(`output is discarded from now on: ${new SysError('write', errno).message}`);
    this.#writable?.remove();
    this.#writable = undefined;
    this.#sink[Symbol.dispose]();
    this.#sink = new DiscardSink();
  }
}
