import { request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { serial } from './front-end';
import { RX_RING_SIZE, SerialPage, TX_RING_SIZE } from './page';

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const FCR = IIR;
const IRQ_FD = 4;
const PAGE_FD = 5;
const KICK_FD = 6;
const COM1 = 0x3f8;

const [RDI, THRI, RLSI, MSI] = [1, 2, 4, 8] as const;
const NO_INTERRUPT = 0xc1;
const FIFO_ON = 0x01;
const RTS = 0x02;
const LOOP = 0x10;
const IDLE = 0x60;

/** A UART as a driver sees it, with the test in the place of its back end. */
class Driver {
  readonly machine: TestMachine;
  readonly page: SerialPage | undefined;

  constructor(connected = true) {
    const connection = { pageFd: PAGE_FD, kickFd: KICK_FD };
    this.machine = new TestMachine(
      request(serial, { base: COM1, irqFd: IRQ_FD, ...(connected ? { connection } : {}) }),
    );
    this.page = connected ? new SerialPage(this.machine.host.pages[PAGE_FD]!) : undefined;
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
    const count = raised[IRQ_FD]!;
    raised[IRQ_FD] = 0;
    return count;
  }

  /** Writes to the transmitter without looking at LSR. */
  write(text: string): void {
    Buffer.from(text).forEach((byte) => this.out(DATA, byte));
  }

  /** What the back end does with input: puts it into the ring. */
  receive(text: string): void {
    Buffer.from(text).forEach((byte) => this.page!.rx.push(byte));
  }

  /** What the back end does with output: takes all of it. */
  transmitted(): string {
    const bytes = Array.from({ length: this.page!.tx.used }, () => this.page!.tx.pop());
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
function opened(): Driver {
  const driver = new Driver();
  driver.out(FCR, FIFO_ON);
  driver.out(MCR, RTS);
  return driver;
}

/** A driver in loopback with the FIFO enabled. */
function looped(): Driver {
  const driver = new Driver();
  driver.out(FCR, FIFO_ON);
  driver.out(MCR, LOOP);
  return driver;
}

describe('a UART at power-on', () => {
  it('is idle, without interrupts, with a terminal that is ready', () => {
    const uart = new Driver();
    expect([IER, IIR, LCR, MCR, LSR, MSR, SCR].map((register) => uart.in(register))).toEqual([
      0,
      0x01,
      0,
      0,
      IDLE,
      0xb0,
      0,
    ]);
    expect(uart.edges).toBe(0);
  });

  it('keeps scratch, line control and the divisor', () => {
    const uart = new Driver();
    uart.out(SCR, 0xa5);
    uart.out(LCR, 0x83);
    expect([uart.in(DATA), uart.in(IER)]).toEqual([12, 0]);
    uart.out(DATA, 0x34);
    uart.out(IER, 0x12);
    expect([uart.in(DATA), uart.in(IER), uart.in(LCR)]).toEqual([0x34, 0x12, 0x83]);
    uart.out(LCR, 0x03);
    expect([uart.in(SCR), uart.in(IER), uart.in(LCR)]).toEqual([0xa5, 0, 0x03]);
    expect(uart.transmitted()).toBe('');
  });
});

describe('what the Linux driver probes', () => {
  it('finds four enable bits and no more', () => {
    const uart = new Driver();
    uart.out(IER, 0);
    expect(uart.in(IER)).toBe(0);
    uart.out(IER, 0xff);
    expect(uart.in(IER)).toBe(0x0f);
  });

  it('finds the modem lines looped back', () => {
    const uart = new Driver();
    uart.out(MCR, LOOP | 0x0a);
    expect(uart.in(MSR) & 0xf0).toBe(0x90);
    uart.out(MCR, LOOP | 0x05);
    expect(uart.in(MSR) & 0xf0).toBe(0x60);
    uart.out(MCR, 0);
    expect(uart.in(MSR) & 0xf0).toBe(0xb0);
  });

  it('finds a 16550A: a FIFO, no 64-byte FIFO, no extended registers', () => {
    const uart = new Driver();
    uart.out(FCR, FIFO_ON);
    expect(uart.in(IIR) >> 6).toBe(3);
    uart.out(LCR, 0x80);
    uart.out(FCR, FIFO_ON | 0x20);
    expect(uart.in(IIR) >> 5).toBe(6);
    uart.out(LCR, 0xbf);
    expect(uart.in(IIR)).not.toBe(0);
    uart.out(LCR, 0);
    uart.out(FCR, 0);
    expect(uart.in(IIR) >> 6).toBe(0);
  });

  it('counts sixteen bytes of FIFO in loopback', () => {
    const uart = looped();
    Array.from({ length: 256 }, (_, index) => uart.out(DATA, index));
    expect(uart.in(LSR)).toBe(IDLE | 0x03);
    expect([...Buffer.from(uart.readAll())]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  it('sees THRE come back each time the interrupt is enabled', () => {
    const uart = opened();
    uart.out(IER, THRI);
    expect(uart.in(IIR)).toBe(0xc2);
    expect(uart.in(IIR)).toBe(NO_INTERRUPT);
    uart.out(IER, 0);
    uart.out(IER, THRI);
    expect(uart.in(IIR)).toBe(0xc2);
    expect(uart.edges).toBe(2);
  });
});

describe('the transmitter', () => {
  it('hands bytes to the back end in order, and rings only while it sleeps', () => {
    const uart = opened();
    uart.page!.txSleeping.raise();
    uart.write('hello');
    expect(uart.machine.host.rung[KICK_FD]).toBe(1);
    expect(uart.transmitted()).toBe('hello');
  });

  it('is idle for the guest while a whole FIFO fits, and busy then until there is room', () => {
    const uart = opened();
    const written = Array.from({ length: TX_RING_SIZE }, (_, index) => {
      const status = uart.in(LSR);
      uart.out(DATA, index);
      return status;
    });
    expect(written.filter((status) => status === IDLE)).toHaveLength(TX_RING_SIZE - 15);
    expect(written.slice(-15)).toEqual(new Array(15).fill(0));
    expect(uart.in(LSR)).toBe(0);

    uart.page!.tx.consumed(15);
    expect(uart.in(LSR)).toBe(0);
    uart.page!.tx.consumed(1);
    expect(uart.in(LSR)).toBe(IDLE);
  });

  it('drops what is written beyond a full ring, and keeps the rest', () => {
    const uart = opened();
    Array.from({ length: TX_RING_SIZE + 5 }, (_, index) => uart.out(DATA, index % 251));
    expect(uart.page!.tx.used).toBe(TX_RING_SIZE);
    expect(uart.page!.tx.pop()).toBe(0);
  });

  it('leaves the interrupt after a write to the back end, once', () => {
    const uart = opened();
    uart.out(IER, THRI);
    uart.in(IIR);
    expect(uart.edges).toBe(1);
    uart.write('sixteen letters!');
    expect(uart.edges).toBe(0);
    expect(uart.page!.txInterrupt.take()).toBe(true);
    expect(uart.in(IIR)).toBe(0xc2);
  });

  it.each([
    ['looks at IIR', (uart: Driver) => uart.in(IIR)],
    ['disables the interrupt', (uart: Driver) => uart.out(IER, 0)],
  ])('asks for no interrupt after all if the handler %s first', (_name, act) => {
    const uart = opened();
    uart.out(IER, THRI);
    uart.in(IIR);
    uart.out(DATA, 1);
    expect(uart.page!.txInterrupt.raised).toBe(true);
    act(uart);
    expect(uart.page!.txInterrupt.raised).toBe(false);
    expect(uart.in(IIR)).toBe(NO_INTERRUPT);
  });

  it('asks for an interrupt when it is enabled with the ring full', () => {
    const uart = opened();
    Array.from({ length: TX_RING_SIZE }, () => uart.out(DATA, 0));
    uart.out(IER, THRI);
    expect([uart.in(IIR), uart.edges]).toEqual([NO_INTERRUPT, 0]);
    expect(uart.page!.txInterrupt.raised).toBe(true);
    uart.page!.tx.consumed(100);
    expect(uart.in(IIR)).toBe(0xc2);
  });

  it('sends to nobody, and is always empty, when nothing is connected', () => {
    const uart = new Driver(false);
    uart.out(FCR, FIFO_ON);
    uart.out(IER, THRI);
    expect([uart.in(IIR), uart.in(IIR), uart.edges]).toEqual([0xc2, NO_INTERRUPT, 1]);
    uart.out(DATA, 1);
    expect([uart.in(LSR), uart.edges, uart.in(IIR)]).toEqual([IDLE, 1, 0xc2]);
  });
});

describe('the receiver', () => {
  it('gives the bytes of the back end in order', () => {
    const uart = opened();
    uart.receive('abc');
    expect(uart.in(LSR)).toBe(IDLE | 1);
    expect(uart.readAll()).toBe('abc');
    expect([uart.in(LSR), uart.in(DATA)]).toEqual([IDLE, 0]);
  });

  it('asks the back end for interrupts while they are enabled', () => {
    const uart = opened();
    uart.out(IER, RDI);
    expect(uart.page!.rxInterrupt.raised).toBe(true);
    uart.out(MCR, LOOP);
    expect(uart.page!.rxInterrupt.raised).toBe(false);
    uart.out(MCR, 0);
    uart.out(IER, 0);
    expect(uart.page!.rxInterrupt.raised).toBe(false);
  });

  it('interrupts when it is enabled with input waiting', () => {
    const uart = opened();
    uart.receive('x');
    expect(uart.edges).toBe(0);
    uart.out(IER, RDI);
    expect([uart.edges, uart.in(IIR)]).toEqual([1, 0xc4]);
    uart.in(DATA);
    expect([uart.in(IIR), uart.edges]).toEqual([NO_INTERRUPT, 0]);
  });

  it('says timeout below the trigger level and data from there on', () => {
    const uart = opened();
    uart.out(FCR, FIFO_ON | 0xc0);
    uart.out(IER, RDI);
    uart.receive('0123456789abc');
    expect(uart.in(IIR)).toBe(0xcc);
    uart.receive('d');
    expect(uart.in(IIR)).toBe(0xc4);
  });

  it('keeps what was typed ahead through the opening of the port by Linux', () => {
    const uart = new Driver();
    uart.receive('date\n');
    // As seen of Linux 6.12. serial8250_do_startup: clear the FIFOs, and read all registers, twice.
    uart.out(FCR, 0x01);
    uart.out(FCR, 0x07);
    uart.out(FCR, 0x00);
    [LSR, DATA, IIR, MSR, LSR, DATA, IIR, MSR].forEach((register) => uart.in(register));
    // serial8250_do_set_termios: the interrupts, then the FIFO; the modem lines come last.
    uart.out(IER, RDI | RLSI);
    uart.out(FCR, 0x01);
    uart.out(FCR, 0x81);
    uart.out(MCR, 0x0b);
    expect(uart.edges).toBe(1);
    expect(uart.readAll()).toBe('date\n');
  });

  it('serves a guest that only polls', () => {
    const uart = new Driver();
    uart.receive('hi');
    const polls = Array.from({ length: 20 }, () => uart.in(LSR));
    expect(polls.at(-1)).toBe(IDLE | 1);
    expect(uart.readAll()).toBe('hi');
    uart.out(DATA, 0x3e);
    uart.receive('!');
    expect(uart.readAll()).toBe('!');
  });

  it('does not take a guest that writes for one that polls', () => {
    const uart = new Driver();
    uart.receive('early');
    for (let count = 0; count < 100; count += 1) {
      uart.in(LSR);
      uart.out(DATA, count);
    }
    expect(uart.in(LSR)).toBe(IDLE);
  });

  it('keeps what is still on its way when the FIFO is cleared', () => {
    const uart = opened();
    uart.receive('on the cable');
    uart.out(FCR, FIFO_ON | 0x02);
    uart.out(FCR, 0);
    expect(uart.readAll()).toBe('on the cable');
  });

  it('rings for more when half of the ring is free, if the back end waits for that', () => {
    const uart = opened();
    uart.receive('x'.repeat(RX_RING_SIZE));
    uart.page!.rxStalled.raise();
    Array.from({ length: RX_RING_SIZE / 2 - 1 }, () => uart.in(DATA));
    expect(uart.machine.host.rung[KICK_FD]).toBe(0);
    uart.in(DATA);
    uart.in(DATA);
    expect(uart.machine.host.rung[KICK_FD]).toBe(1);
  });
});

describe('interrupts', () => {
  it('come in the order of their priority', () => {
    const uart = looped();
    uart.out(IER, RDI | THRI | RLSI | MSI);
    Array.from({ length: 17 }, () => uart.out(DATA, 0x55));
    uart.out(MCR, LOOP | RTS);
    expect(uart.in(IIR)).toBe(0xc6);
    expect(uart.in(LSR) & 0x02).toBe(0x02);
    expect(uart.in(IIR)).toBe(0xc4);
    Array.from({ length: 16 }, () => uart.in(DATA));
    expect(uart.in(IIR)).toBe(0xc2);
    expect(uart.in(IIR)).toBe(0xc0);
    uart.in(MSR);
    expect(uart.in(IIR)).toBe(NO_INTERRUPT);
  });

  it('are raised again for what is left when one is acknowledged', () => {
    const uart = looped();
    uart.out(IER, THRI | MSI);
    uart.out(MCR, LOOP | RTS);
    expect(uart.edges).toBe(1);
    expect(uart.in(IIR)).toBe(0xc2);
    expect(uart.edges).toBe(1);
    uart.in(MSR);
    expect(uart.edges).toBe(0);
  });

  it('are raised once however often the cause comes before the guest looks', () => {
    const uart = looped();
    uart.out(IER, RDI);
    [1, 2, 3].forEach((byte) => uart.out(DATA, byte));
    expect(uart.edges).toBe(1);
  });

  it('are raised again when they are enabled again', () => {
    const uart = opened();
    uart.receive('x');
    uart.out(IER, RDI);
    uart.out(IER, 0);
    uart.out(IER, RDI);
    expect(uart.edges).toBe(2);
  });

  it('come up when loopback ends and input has waited', () => {
    const uart = looped();
    uart.out(IER, RDI);
    uart.receive('x');
    expect([uart.in(LSR), uart.edges]).toEqual([IDLE, 0]);
    uart.out(MCR, 0);
    expect([uart.edges, uart.in(IIR)]).toEqual([1, 0xc4]);
  });

  it('come up when loopback begins and the back end owed one', () => {
    const uart = opened();
    uart.out(IER, THRI);
    uart.in(IIR);
    uart.out(DATA, 1);
    uart.in(DATA);
    expect([uart.edges, uart.page!.txInterrupt.raised]).toEqual([1, true]);
    uart.out(MCR, LOOP);
    expect([uart.edges, uart.page!.txInterrupt.raised, uart.in(IIR)]).toEqual([1, false, 0xc2]);
  });

  it('tell of a break in loopback', () => {
    const uart = looped();
    uart.out(IER, RLSI);
    uart.out(LCR, 0x40);
    expect([uart.edges, uart.in(IIR), uart.in(LSR)]).toEqual([1, 0xc6, IDLE | 0x11]);
    expect(uart.in(LSR)).toBe(IDLE | 0x01);
  });

  it('tell what changed on the modem lines, once', () => {
    const uart = new Driver();
    uart.out(MCR, LOOP | 0x04);
    uart.in(MSR);
    uart.out(IER, MSI);
    expect(uart.edges).toBe(0);
    uart.out(MCR, LOOP | 0x0b);
    expect([uart.edges, uart.in(MSR), uart.in(MSR)]).toEqual([1, 0xbf, 0xb0]);
  });

  it('do not come for a ring indicator that begins', () => {
    const uart = looped();
    uart.in(MSR);
    uart.out(MCR, LOOP | 0x04);
    expect(uart.in(MSR)).toBe(0x40);
  });
});

describe('FIFO control', () => {
  it('works on one byte at a time without the FIFO', () => {
    const uart = new Driver();
    uart.out(MCR, LOOP);
    uart.out(DATA, 1);
    uart.out(DATA, 2);
    expect([uart.in(LSR), uart.in(DATA), uart.in(LSR)]).toEqual([IDLE | 0x03, 1, IDLE]);
  });

  it('clears the receiver when the FIFO is switched', () => {
    const uart = looped();
    uart.out(DATA, 1);
    uart.out(FCR, 0);
    expect(uart.in(LSR)).toBe(IDLE);
  });

  it('ignores the clear bit without the enable bit', () => {
    const uart = new Driver();
    uart.out(MCR, LOOP);
    uart.out(DATA, 7);
    uart.out(FCR, 0x02);
    expect(uart.in(DATA)).toBe(7);
  });
});

describe('a reset', () => {
  it('puts the registers back and leaves the rings alone', () => {
    const uart = opened();
    uart.out(IER, 0x0f);
    uart.out(LCR, 0x83);
    uart.out(SCR, 1);
    uart.out(LCR, 0x03);
    uart.out(DATA, 0x41);
    uart.receive('z');
    uart.machine.frontEnds[0]!.reset();
    expect([IER, IIR, LCR, MCR, LSR, SCR].map((register) => uart.in(register))).toEqual([
      0,
      0x01,
      0,
      0,
      IDLE,
      0,
    ]);
    expect([uart.page!.rxInterrupt.raised, uart.page!.txInterrupt.raised]).toEqual([false, false]);
    expect(uart.transmitted()).toBe('A');
    uart.out(MCR, RTS);
    expect(uart.readAll()).toBe('z');
  });
});
