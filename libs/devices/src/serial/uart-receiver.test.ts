import {
  DATA,
  FCR,
  FIFO_ON,
  IDLE,
  IER,
  IIR,
  KICK_FD,
  LOOP,
  LSR,
  MCR,
  MSR,
  NO_INTERRUPT,
  opened,
  RDI,
  RLSI,
  UartDriver,
} from '../testing/uart-driver';
import { RX_RING_SIZE } from './page';

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
    const uart = new UartDriver();
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
    const uart = new UartDriver();
    uart.receive('hi');
    const polls = Array.from({ length: 20 }, () => uart.in(LSR));
    expect(polls.at(-1)).toBe(IDLE | 1);
    expect(uart.readAll()).toBe('hi');
    uart.out(DATA, 0x3e);
    uart.receive('!');
    expect(uart.readAll()).toBe('!');
  });

  it('does not take a guest that writes for one that polls', () => {
    const uart = new UartDriver();
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
