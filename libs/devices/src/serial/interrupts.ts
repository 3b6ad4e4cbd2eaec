import type { InterruptLine } from '../front-end/front-end';
import type { WakeFlag } from '../wake-flag';
import type { SerialPage } from './page';
import type { SerialReceiver } from './receiver';
import { Fcr, FIFO_SIZE, Ier, Iir, Mcr, TRIGGER_LEVELS } from './registers';
import type { SerialState } from './state';

/** Received data and character timeout are one cause in two strengths. */
const CAUSE_MASK = 0x07;

/** What the interrupt logic looks at. */
export interface SerialInterruptSources {
  readonly state: SerialState;
  readonly receiver: SerialReceiver;
  readonly page: SerialPage | undefined;
  readonly irq: InterruptLine;
}

/**
 * The interrupt logic of a UART.
 *
 * The line is an edge for each thing that becomes pending. Whoever brings it up raises the line:
 * - what the guest's own accesses bring up: this class, in `settle`;
 * - input that arrives: the back end, each time, while `rxInterrupt` is raised;
 * - the transmitter that empties after a byte was written: the back end, when there is room again or
 *   nothing left to send, if `txInterrupt` is still raised then. A handler that goes on writing, looks
 *   at IIR again or disables the interrupt was faster, and is not called once more for nothing.
 *
 * The two sides cannot miss each other: this side raises the flag before it looks at the ring, the back
 * end moves the ring before it looks at the flag, so at least one of them sees what the other did (see
 * `WakeFlag`). At worst both raise the line, and the guest finds nothing to do.
 *
 * Two UARTs that share an IRQ each raise it for themselves. On hardware one that stays pending would
 * hide the other's edge; here it does not.
 */
export class SerialInterrupts {
  readonly #state: SerialState;
  readonly #receiver: SerialReceiver;
  readonly #page: SerialPage | undefined;
  readonly #irq: InterruptLine;

  constructor({ state, receiver, page, irq }: SerialInterruptSources) {
    this.#state = state;
    this.#receiver = receiver;
    this.#page = page;
    this.#irq = irq;
  }

  /**
   * Whether THRE and TEMT are set: the ring has room for a whole FIFO, which a driver writes without
   * looking again.
   */
  get canTransmit(): boolean {
    const page = this.#page;
    return page === undefined || this.#loopback || page.tx.free >= FIFO_SIZE;
  }

  /** The value of IIR without the FIFO bits; reading it acknowledges an empty transmitter. */
  identify(): number {
    const state = this.#state;
    const cause = this.#cause();
    state.told = cause;
    if (cause === Iir.TRANSMITTER_EMPTY) {
      state.thr_armed = 0;
      this.#page?.txInterrupt.lower();
      this.withdrawn();
    }
    return cause;
  }

  /** A byte goes to the page: its back end raises the line for the empty transmitter. */
  transmitting(page: SerialPage): void {
    this.#state.thr_armed = 1;
    if (this.#state.ier & Ier.THRI) {
      page.txInterrupt.raise();
    }
  }

  /** After a write: what it brought up is news to the guest, and the line is raised for it. */
  settle(): void {
    const state = this.#state;
    const cause = this.#cause();
    const news = ((cause ^ state.told) & CAUSE_MASK) !== 0;
    state.told = cause;
    if (news && cause !== Iir.NONE) {
      this.#irq.raise();
    }
  }

  /**
   * After a read that took away a cause: raises the line if the guest was told of that one and another
   * one is left, for guests that handle one cause a call.
   */
  withdrawn(): void {
    if (this.#state.told === Iir.NONE) {
      // Nothing was told, so what is pending came from the back end, which raises the line itself.
      this.#state.told = this.#cause();
    } else {
      this.settle();
    }
  }

  /** After IER or the loopback changed: tells the back end what to raise the line for. */
  publish(): void {
    if (this.#page !== undefined) {
      const { ier, thr_armed: armed } = this.#state;
      const enabled = this.#loopback ? 0 : ier;
      setFlag(this.#page.rxInterrupt, (enabled & Ier.RDI) !== 0);
      setFlag(this.#page.txInterrupt, (enabled & Ier.THRI) !== 0 && armed !== 0);
    }
  }

  /** After the loopback changed: what was told before is void. */
  forget(): void {
    this.#state.told = Iir.NONE;
  }

  get #loopback(): boolean {
    return (this.#state.mcr & Mcr.LOOP) !== 0;
  }

  /** The pending and enabled interrupt with the highest priority. */
  #cause(): number {
    const state = this.#state;
    const { ier } = state;
    if (ier & Ier.RLSI && state.line_errors !== 0) {
      return Iir.LINE_STATUS;
    }
    if (ier & Ier.RDI) {
      const { available } = this.#receiver;
      if (available > 0) {
        return this.#triggers(available) ? Iir.RECEIVED_DATA : Iir.CHARACTER_TIMEOUT;
      }
    }
    if (ier & Ier.THRI && state.thr_armed !== 0 && this.#transmits()) {
      return Iir.TRANSMITTER_EMPTY;
    }
    return ier & Ier.MSI && state.modem_deltas !== 0 ? Iir.MODEM_STATUS : Iir.NONE;
  }

  /** Whether the guest can transmit; if not, the back end is asked to say when. */
  #transmits(): boolean {
    if (!this.canTransmit) {
      // It may have taken the flag before the last byte filled the ring.
      this.#page?.txInterrupt.raise();
    }
    return this.canTransmit;
  }

  /** Too few bytes for the trigger level are a timeout at once: nobody knows when more will come. */
  #triggers(available: number): boolean {
    const { fcr } = this.#state;
    return (fcr & Fcr.ENABLE) === 0 || available >= (TRIGGER_LEVELS[fcr >> 6] ?? 1);
  }
}

function setFlag(flag: WakeFlag, raised: boolean): void {
  if (raised) {
    flag.raise();
  } else {
    flag.lower();
  }
}
