import type { Doorbell, StateArea } from '../front-end/front-end';
import { RX_RING_SIZE, type SerialPage } from './page';
import { Fcr, FIFO_SIZE, Ier, Lsr, Mcr } from './registers';
import { type SerialState, serialState } from './state';

/** LSR reads in a row, with nothing to wait for but input, after which a guest polls for input. */
const POLLING = 16;

/**
 * The receiver of a UART: the FIFO for what it sends to itself in loopback, and in front of the guest
 * otherwise the page's ring.
 *
 * Input waits in the ring while the guest is not ready for it, as it would on a cable with flow
 * control: a driver that opens the port reads away whatever is there. A guest is ready when it raises
 * RTS, enables the interrupt for input, or polls for it.
 */
export class SerialReceiver {
  readonly #state: SerialState;
  readonly #page: SerialPage | undefined;
  readonly #doorbell: Doorbell | undefined;
  readonly #fifo: Uint8Array;

  constructor(area: StateArea, page?: SerialPage, doorbell?: Doorbell) {
    this.#state = serialState.at(area.buffer, area.offset);
    this.#page = page;
    this.#doorbell = doorbell;
    const fifo = area.offset + serialState.offsetOf('fifo');
    this.#fifo = new Uint8Array(area.buffer, fifo, FIFO_SIZE);
  }

  /** Bytes that the guest can read. */
  get available(): number {
    return this.#state.fifo_count + this.#waiting();
  }

  /** The next byte; 0 if there is none. */
  take(): number {
    const state = this.#state;
    if (state.fifo_count > 0) {
      const value = this.#fifo[state.fifo_first % FIFO_SIZE] ?? 0;
      state.fifo_first = (state.fifo_first + 1) % FIFO_SIZE;
      state.fifo_count -= 1;
      return value;
    }
    if (this.#page === undefined || this.#waiting() === 0) {
      return 0;
    }
    const value = this.#page.rx.pop();
    this.#makeRoom(this.#page);
    return value;
  }

  /** Takes a byte that the UART sent to itself. */
  takeOwn(value: number): void {
    const state = this.#state;
    const depth = state.fcr & Fcr.ENABLE ? FIFO_SIZE : 1;
    if (state.fifo_count >= depth) {
      state.line_errors |= Lsr.OVERRUN;
      return;
    }
    this.#fifo[(state.fifo_first + state.fifo_count) % FIFO_SIZE] = value;
    state.fifo_count += 1;
  }

  /**
   * Empties the FIFO. What waits in the ring has not come that far: Linux enables the interrupt for
   * input first, and the FIFO, which clears it, after that.
   */
  clear(): void {
    this.#state.fifo_count = 0;
  }

  /** The guest read LSR and found no input, nor anything else to do. */
  polled(): void {
    if (this.#state.polls < POLLING) {
      this.#state.polls += 1;
    }
  }

  /** The guest wrote something, so it is not waiting for input; unless it was seen to. */
  wrote(): void {
    if (this.#state.polls < POLLING) {
      this.#state.polls = 0;
    }
  }

  /** Bytes in the ring, as far as the guest is ready for them. */
  #waiting(): number {
    if (this.#page === undefined) {
      return 0;
    }
    const { mcr, ier, polls } = this.#state;
    const ready = (mcr & Mcr.RTS) !== 0 || (ier & Ier.RDI) !== 0 || polls >= POLLING;
    return ready && (mcr & Mcr.LOOP) === 0 ? this.#page.rx.used : 0;
  }

  /** After bytes were taken from the ring: the back end may be waiting for room. */
  #makeRoom(page: SerialPage): void {
    // Half a ring at a time: a doorbell for each byte would be as many system calls as exits.
    if (page.rx.used <= RX_RING_SIZE / 2 && page.rxStalled.take()) {
      this.#doorbell?.ring();
    }
  }
}
