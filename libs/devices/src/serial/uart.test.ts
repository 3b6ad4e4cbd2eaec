import {
  DATA,
  FCR,
  FIFO_ON,
  IDLE,
  IER,
  IIR,
  KICK_FD,
  LCR,
  looped,
  LOOP,
  LSR,
  MCR,
  MSR,
  NO_INTERRUPT,
  opened,
  RTS,
  SCR,
  THRI,
  UartDriver,
} from '../testing/uart-driver';
import { TX_RING_SIZE } from './page';

describe('a UART at power-on', () => {
  it('is idle, without interrupts, with a terminal that is ready', () => {
    const uart = new UartDriver();
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
    const uart = new UartDriver();
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
    const uart = new UartDriver();
    uart.out(IER, 0);
    expect(uart.in(IER)).toBe(0);
    uart.out(IER, 0xff);
    expect(uart.in(IER)).toBe(0x0f);
  });

  it('finds the modem lines looped back', () => {
    const uart = new UartDriver();
    uart.out(MCR, LOOP | 0x0a);
    expect(uart.in(MSR) & 0xf0).toBe(0x90);
    uart.out(MCR, LOOP | 0x05);
    expect(uart.in(MSR) & 0xf0).toBe(0x60);
    uart.out(MCR, 0);
    expect(uart.in(MSR) & 0xf0).toBe(0xb0);
  });

  it('finds a 16550A: a FIFO, no 64-byte FIFO, no extended registers', () => {
    const uart = new UartDriver();
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
    ['looks at IIR', (uart: UartDriver) => uart.in(IIR)],
    ['disables the interrupt', (uart: UartDriver) => uart.out(IER, 0)],
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
    const uart = new UartDriver(false);
    uart.out(FCR, FIFO_ON);
    uart.out(IER, THRI);
    expect([uart.in(IIR), uart.in(IIR), uart.edges]).toEqual([0xc2, NO_INTERRUPT, 1]);
    uart.out(DATA, 1);
    expect([uart.in(LSR), uart.edges, uart.in(IIR)]).toEqual([IDLE, 1, 0xc2]);
  });
});

describe('FIFO control', () => {
  it('works on one byte at a time without the FIFO', () => {
    const uart = new UartDriver();
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
    const uart = new UartDriver();
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
