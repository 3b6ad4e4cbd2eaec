import {
  DATA,
  IDLE,
  IER,
  IIR,
  LCR,
  looped,
  LOOP,
  LSR,
  MCR,
  MSI,
  MSR,
  NO_INTERRUPT,
  opened,
  RDI,
  RLSI,
  RTS,
  THRI,
  UartDriver,
} from '../testing/uart-driver';

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
    const uart = new UartDriver();
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
