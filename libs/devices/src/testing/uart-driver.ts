import { request } from '../front-end/allocate';
import { serial } from '../serial/front-end';
import { SerialPage } from '../serial/page';
import { TestMachine } from './test-machine';

/** Registers of a 16550A, from its base. */
export const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
export const FCR = IIR;

/** Causes of interrupts, in IER. */
export const [RDI, THRI, RLSI, MSI] = [1, 2, 4, 8] as const;
/** IIR where there is none, with the FIFO enabled. */
export const NO_INTERRUPT = 0xc1;
/** In FCR. */
export const FIFO_ON = 0x01;
/** In MCR. */
export const RTS = 0x02;
export const LOOP = 0x10;
/** LSR where everything was sent and nothing received. */
export const IDLE = 0x60;

/** The fd that the UART is given for its doorbell. */
export const KICK_FD = 6;
const IRQ_FD = 4;
const PAGE_FD = 5;
const COM1 = 0x3f8;

/** A UART as a driver sees it, with the test in the place of its back end. */
export class UartDriver {
  readonly machine: TestMachine;
  readonly page: SerialPage | undefined;

  constructor(connected = true) {
    const connection = { pageFd: PAGE_FD, kickFd: KICK_FD };
    this.machine = new TestMachine(
      request(serial, { base: COM1, irqFd: IRQ_FD, ...(connected ? { connection } : {}) }),
    );
    const page = this.machine.host.pages[PAGE_FD];
    this.page = page === undefined ? undefined : new SerialPage(page);
  }

  in(register: number): number {
    return this.machine.in(COM1 + register);
  }

  out(register: number, value: number): void {
    this.machine.out(COM1 + register, value);
  }

  /** Interrupts since the last call. */
  get edges(): number {
    const { raised } = this.machine.host;
    const count = raised[IRQ_FD] ?? 0;
    raised[IRQ_FD] = 0;
    return count;
  }

  /** Writes to the transmitter without looking at LSR. */
  write(text: string): void {
    Buffer.from(text).forEach((byte) => this.out(DATA, byte));
  }

  /** What the back end does with input: puts it into the ring. */
  receive(text: string): void {
    Buffer.from(text).forEach((byte) => this.page?.rx.push(byte));
  }

  /** What the back end does with output: takes all of it. */
  transmitted(): string {
    const bytes: number[] = [];
    while (this.page !== undefined && this.page.tx.used > 0) {
      bytes.push(this.page.tx.pop());
    }
    return Buffer.from(bytes).toString();
  }

  /** Reads input as long as there is some. */
  readAll(): string {
    const bytes: number[] = [];
    while (this.in(LSR) & 1) {
      bytes.push(this.in(DATA));
    }
    return Buffer.from(bytes).toString();
  }
}

/** A driver that has enabled the FIFO and is ready for input. */
export function opened(): UartDriver {
  const driver = new UartDriver();
  driver.out(FCR, FIFO_ON);
  driver.out(MCR, RTS);
  return driver;
}

/** A driver in loopback with the FIFO enabled. */
export function looped(): UartDriver {
  const driver = new UartDriver();
  driver.out(FCR, FIFO_ON);
  driver.out(MCR, LOOP);
  return driver;
}
