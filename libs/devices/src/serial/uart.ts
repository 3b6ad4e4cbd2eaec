import type { Doorbell, FrontEndContext } from '../front-end/front-end';
import type { ByteRegisters } from '../front-end/locked-registers';
import { SerialInterrupts } from './interrupts';
import { SERIAL_PAGE_SIZE, SerialPage } from './page';
import { SerialReceiver } from './receiver';
import { Fcr, Ier, Iir, Lcr, Lsr, Mcr, Msr, Register } from './registers';
import { resetSerialState, type SerialState, serialState } from './state';

/** A back end for a serial port. */
export interface SerialConnection {
  /** The memfd of the device page, `SERIAL_PAGE_SIZE` bytes. */
  readonly pageFd: number;
  /** The eventfd that wakes the back end. */
  readonly kickFd: number;
}

/** A serial port, as its front end needs to know it. */
export interface SerialConfig {
  /** The first of its eight ports. */
  readonly base: number;
  /** The irqfd of its interrupt. */
  readonly irqFd: number;
  /** Left out for a port that nothing is connected to: its output is discarded at once. */
  readonly connection?: SerialConnection;
}

/** Both halves of "transmitter empty": the guest never has a reason to wait for only one of them. */
const TRANSMITTER_IDLE = Lsr.THR_EMPTY | Lsr.TRANSMITTER_EMPTY;

/** What a cable to a terminal that is there and ready shows. */
const CONNECTED_LINES = Msr.CTS | Msr.DSR | Msr.DCD;

/**
 * The registers of a 16550A.
 *
 * A byte that the guest writes goes into the page's ring, and is sent as far as the guest can tell
 * while the ring has room for a FIFO full. THRE and TEMT stay clear while it has not, so a guest waits
 * by itself, and nothing is lost. The vCPU never waits.
 */
export class Uart implements ByteRegisters {
  readonly #context: FrontEndContext<SerialConfig>;
  readonly #state: SerialState;
  readonly #page: SerialPage | undefined;
  readonly #doorbell: Doorbell | undefined;
  readonly #receiver: SerialReceiver;
  readonly #interrupts: SerialInterrupts;

  constructor(context: FrontEndContext<SerialConfig>) {
    const { area, config, host } = context;
    this.#context = context;
    this.#state = serialState.at(area.buffer, area.offset);
    if (config.connection) {
      this.#page = new SerialPage(host.mapPage(config.connection.pageFd, SERIAL_PAGE_SIZE));
      this.#doorbell = host.doorbell(config.connection.kickFd);
    }
    this.#receiver = new SerialReceiver(area, this.#page, this.#doorbell);
    this.#interrupts = new SerialInterrupts({
      state: this.#state,
      receiver: this.#receiver,
      page: this.#page,
      irq: host.interrupt(config.irqFd),
    });
  }

  /** Puts the registers to what a reset leaves; what is in the rings stays. */
  reset(): void {
    resetSerialState(this.#context.area);
    this.#interrupts.publish();
  }

  readByte(register: number): number {
    const state = this.#state;
    const divisor = (state.lcr & Lcr.DLAB) !== 0;
    switch (register) {
      case Register.DATA:
        return divisor ? state.divisor_low : this.#receive();
      case Register.IER:
        return divisor ? state.divisor_high : state.ier;
      case Register.IIR_FCR:
        return this.#interrupts.identify() | (state.fcr & Fcr.ENABLE ? Iir.FIFO_ENABLED : 0);
      case Register.LCR:
        return state.lcr;
      case Register.MCR:
        return state.mcr;
      case Register.LSR:
        return this.#lineStatus();
      case Register.MSR:
        return this.#modemStatus();
      case Register.SCR:
        return state.scr;
      default:
        return 0xff;
    }
  }

  writeByte(register: number, value: number): void {
    this.#receiver.wrote();
    switch (register) {
      case Register.DATA:
        this.#writeData(value);
        break;
      case Register.IER:
        this.#writeIer(value);
        break;
      case Register.IIR_FCR:
        this.#writeFcr(value);
        break;
      case Register.LCR:
        this.#writeLcr(value);
        break;
      case Register.MCR:
        this.#writeMcr(value & Mcr.ALL);
        break;
      case Register.SCR:
        this.#state.scr = value;
        break;
    }
  }

  #writeData(value: number): void {
    const state = this.#state;
    if (state.lcr & Lcr.DLAB) {
      state.divisor_low = value;
    } else if (this.#page === undefined || state.mcr & Mcr.LOOP) {
      if (state.mcr & Mcr.LOOP) {
        this.#receiver.takeOwn(value);
      }
      state.thr_armed = 1;
      this.#interrupts.settle();
    } else {
      this.#transmit(this.#page, value);
    }
  }

  #transmit(page: SerialPage, value: number): void {
    this.#interrupts.transmitting(page);
    // A guest that writes on although THRE is clear loses bytes in the end, as on hardware.
    if (page.tx.free > 0) {
      page.tx.push(value);
    }
    if (page.txSleeping.take()) {
      this.#doorbell?.ring();
    }
  }

  #receive(): number {
    const value = this.#receiver.take();
    this.#interrupts.withdrawn();
    return value;
  }

  #writeIer(value: number): void {
    const state = this.#state;
    if (state.lcr & Lcr.DLAB) {
      state.divisor_high = value;
      return;
    }
    if (value & ~state.ier & Ier.THRI) {
      // Enabling the interrupt asks whether the transmitter is empty now.
      state.thr_armed = 1;
    }
    state.ier = value & Ier.ALL;
    this.#interrupts.publish();
    this.#interrupts.settle();
  }

  #writeFcr(value: number): void {
    const state = this.#state;
    const enable = value & Fcr.ENABLE;
    // The other bits count only together with ENABLE; a change of ENABLE clears both FIFOs. What was
    // in the transmitter's is already on its way, so there is nothing to clear in it.
    const toggled = ((enable ^ state.fcr) & Fcr.ENABLE) !== 0;
    if (toggled || (enable !== 0 && (value & Fcr.CLEAR_RX) !== 0)) {
      this.#receiver.clear();
    }
    state.fcr = enable ? value & Fcr.KEPT : 0;
    this.#interrupts.settle();
  }

  #writeLcr(value: number): void {
    const state = this.#state;
    const breaks = (value & ~state.lcr & Lcr.BREAK) !== 0;
    state.lcr = value;
    if (breaks && state.mcr & Mcr.LOOP) {
      this.#receiver.takeOwn(0);
      state.line_errors |= Lsr.BREAK;
      this.#interrupts.settle();
    }
  }

  #writeMcr(value: number): void {
    const state = this.#state;
    const before = this.#modemLines();
    const looped = ((state.mcr ^ value) & Mcr.LOOP) !== 0;
    state.mcr = value;
    state.polls = 0;
    const after = this.#modemLines();
    // An input and its delta bit are four places apart; of RI only the trailing edge counts.
    state.modem_deltas |= ((before ^ after) & ~(after & Msr.RI)) >> 4;
    if (looped) {
      this.#interrupts.forget();
      this.#interrupts.publish();
    }
    this.#interrupts.settle();
  }

  #lineStatus(): number {
    const state = this.#state;
    const errors = state.line_errors;
    const status =
      errors |
      (this.#receiver.available > 0 ? Lsr.DATA_READY : 0) |
      (this.#interrupts.canTransmit ? TRANSMITTER_IDLE : 0);
    if (status === TRANSMITTER_IDLE) {
      this.#receiver.polled();
    }
    if (errors !== 0) {
      state.line_errors = 0;
      this.#interrupts.withdrawn();
    }
    return status;
  }

  #modemLines(): number {
    const { mcr } = this.#state;
    if (!(mcr & Mcr.LOOP)) {
      return CONNECTED_LINES;
    }
    return (
      (mcr & Mcr.RTS ? Msr.CTS : 0) |
      (mcr & Mcr.DTR ? Msr.DSR : 0) |
      (mcr & Mcr.OUT1 ? Msr.RI : 0) |
      (mcr & Mcr.OUT2 ? Msr.DCD : 0)
    );
  }

  #modemStatus(): number {
    const state = this.#state;
    const deltas = state.modem_deltas;
    if (deltas !== 0) {
      state.modem_deltas = 0;
      this.#interrupts.withdrawn();
    }
    return this.#modemLines() | deltas;
  }
}
