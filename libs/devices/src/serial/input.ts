import {
  Errno,
  type Mapping,
  OwnedFd,
  POLL_READABLE,
  type Poller,
  type PollRegistration,
  readRaw,
  SysError,
} from '@crosvm/sys-util';

import { addPaused } from '../back-end/add-paused';
import type { InterruptLine } from '../front-end/front-end';
import { RX_RING_SIZE, SerialPage } from './page';

/** What the receiving half of a serial back end works with. */
export interface SerialInputParts {
  readonly mapping: Mapping;
  readonly page: SerialPage;
  readonly irq: InterruptLine;
  /** Read until its end; stays the caller's. */
  readonly fd: number;
  readonly onProblem: (message: string) => void;
}

/**
 * From the input to the receive ring.
 *
 * It reads only while there is room, so what the guest does not take stays where it came from. When the
 * ring is full it raises `rxStalled`, looks once more as `WakeFlag` demands, and waits for the doorbell.
 */
export class SerialInput implements Disposable {
  readonly #mapping: Mapping;
  readonly #page: SerialPage;
  readonly #irq: InterruptLine;
  readonly #onProblem: (message: string) => void;
  /** Our own, because two ports may read one input, and a poller takes a descriptor once. */
  readonly #fd: OwnedFd;
  /** Missing for files, which are always ready. */
  #readable: PollRegistration | undefined;
  #state: 'reading' | 'stalled' | 'ended' = 'reading';

  /** @throws SysError EBADF, EMFILE */
  constructor({ mapping, page, irq, fd, onProblem }: SerialInputParts) {
    this.#mapping = mapping;
    this.#page = page;
    this.#irq = irq;
    this.#onProblem = onProblem;
    this.#fd = OwnedFd.duplicate(fd);
  }

  attach(poller: Poller): void {
    this.#readable = addPaused(poller, this.#fd.raw, () => this.#read());
    this.#resume();
  }

  /** The front end rang. */
  woken(): void {
    if (this.#state === 'stalled') {
      // Also without room: it rang late, for room that is filled again, and took the flag.
      this.#stall();
    }
  }

  [Symbol.dispose](): void {
    this.#readable?.remove();
    this.#fd.close();
  }

  /** As the front end has it: half of the ring, so that there are few doorbells. */
  get #hasRoom(): boolean {
    return this.#page.rx.used <= RX_RING_SIZE / 2;
  }

  #resume(): void {
    this.#state = 'reading';
    if (this.#readable !== undefined) {
      this.#readable.setInterest(POLL_READABLE);
    } else {
      while (this.#reads()) {
        this.#read();
      }
    }
  }

  /** The state, which a call may have changed. */
  #reads(): boolean {
    return this.#state === 'reading';
  }

  /** Reads once, because a second time might wait. */
  #read(): void {
    const { rx } = this.#page;
    const address = this.#mapping.address + SerialPage.rxDataOffset + rx.writeOffset;
    // SAFETY: the page is never unmapped, and the span lies inside its ring.
    const result = readRaw(this.#fd.raw, address, rx.writeLength);
    if (result > 0) {
      rx.produced(result);
      this.#page.counters.toGuest(result);
      if (this.#page.rxInterrupt.raised) {
        this.#irq.raise();
        this.#page.counters.interrupted();
      }
      if (rx.free === 0) {
        this.#stall();
      }
    } else if (result === 0) {
      this.#end();
    } else if (-result !== Errno.EAGAIN && -result !== Errno.EINTR) {
      this.#end();
      // A terminal that was hung up says EIO instead of its end.
      if (-result !== Errno.EIO) {
        this.#onProblem(`input has ended: ${new SysError('read', -result).message}`);
      }
    }
  }

  #stall(): void {
    this.#state = 'stalled';
    this.#readable?.setInterest(0);
    this.#page.rxStalled.raise();
    if (this.#hasRoom) {
      this.#page.rxStalled.lower();
      this.#resume();
    }
  }

  #end(): void {
    this.#state = 'ended';
    this.#readable?.remove();
    this.#readable = undefined;
  }
}
