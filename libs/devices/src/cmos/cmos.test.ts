import fc from 'fast-check';

import { request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { cmos } from './front-end';

const IRQ_FD = 8;
const KICK_FD = 9;
const [A, B, C, D] = [0x0a, 0x0b, 0x0c, 0x0d] as const;
const [SET, PIE, AIE, UIE, BINARY, H24] = [0x80, 0x40, 0x20, 0x10, 0x04, 0x02] as const;
const [IRQF, PF, AF, UF] = [0x80, 0x40, 0x20, 0x10] as const;
const TIME = [0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, 0x32] as const;

/** The CMOS as a guest sees it. It starts at 2024-02-29 13:45:50.250, a Thursday. */
class Rtc {
  readonly machine = new TestMachine(
    request(cmos, {
      base: 0x70,
      irqFd: IRQ_FD,
      kickFd: KICK_FD,
      memory: { below4G: 3 * 2 ** 30, above4G: 5 * 2 ** 30 },
    }),
  );

  in(register: number): number {
    this.machine.out(0x70, register);
    return this.machine.in(0x71);
  }

  out(register: number, value: number): void {
    this.machine.out(0x70, register);
    this.machine.out(0x71, value);
  }

  /** Seconds, minutes, hours, day of week, day, month, year, century. */
  time(): number[] {
    return TIME.map((register) => this.in(register));
  }

  /** Sets the alarm: hours, minutes, seconds. */
  alarm(...[hours, minutes, seconds]: [number, number, number]): void {
    this.out(5, hours);
    this.out(3, minutes);
    this.out(1, seconds);
  }

  /** Lets the host's clock go on. */
  pass(ms: number): void {
    this.machine.host.time += ms;
  }

  get edges(): number {
    const { raised } = this.machine.host;
    const count = raised[IRQ_FD]!;
    raised[IRQ_FD] = 0;
    return count;
  }

  get kicks(): number {
    return this.machine.host.rung[KICK_FD]!;
  }
}

describe('the time', () => {
  it('is the host’s, in BCD and 24 hours', () => {
    const rtc = new Rtc();
    expect(rtc.time()).toEqual([0x50, 0x45, 0x13, 5, 0x29, 0x02, 0x24, 0x20]);
    rtc.pass(11 * 3600_000);
    expect(rtc.time()).toEqual([0x50, 0x45, 0x00, 6, 0x01, 0x03, 0x24, 0x20]);
  });

  it('can be read in binary', () => {
    const rtc = new Rtc();
    rtc.out(B, H24 | BINARY);
    expect(rtc.time()).toEqual([50, 45, 13, 5, 29, 2, 24, 20]);
  });

  it.each([
    [0, 0x12, 0],
    [1, 0x01, 1],
    [12, 0x92, 12],
    [23, 0x91, 23],
  ])('can be read in 12 hours: %i o’clock', (hour, twelve, twentyFour) => {
    const rtc = new Rtc();
    rtc.machine.host.time = Date.UTC(2024, 0, 1, hour);
    rtc.out(B, 0);
    expect(rtc.in(4)).toBe(twelve);
    rtc.out(B, H24 | BINARY);
    expect(rtc.in(4)).toBe(twentyFour);
  });

  it('is set as Linux sets it, and goes on half a second later', () => {
    const rtc = new Rtc();
    // mc146818_set_time: SET, divider reset, the registers, and both back.
    rtc.out(B, SET | H24);
    rtc.out(A, 0x76);
    [0x09, 0x30, 0x23, 0x03, 0x31, 0x12, 0x99, 0x19].forEach((value, i) =>
      rtc.out(TIME[i]!, value),
    );
    rtc.pass(5000);
    rtc.out(B, H24);
    rtc.out(A, 0x26);
    expect(rtc.time()).toEqual([0x09, 0x30, 0x23, 0x06, 0x31, 0x12, 0x99, 0x19]);
    rtc.pass(499);
    expect(rtc.in(0)).toBe(0x09);
    rtc.pass(1);
    expect(rtc.in(0)).toBe(0x10);
    rtc.pass(30 * 60_000);
    expect(rtc.time()).toEqual([0x10, 0x00, 0x00, 0x07, 0x01, 0x01, 0x00, 0x20]);
  });

  it('stands while SET is set, keeps in step with the second, and goes on from where it stood', () => {
    const rtc = new Rtc();
    rtc.out(B, SET | H24);
    rtc.pass(10_000);
    expect([rtc.in(0), rtc.in(C) & UF]).toEqual([0x50, 0]);
    rtc.out(B, H24);
    rtc.pass(749);
    expect(rtc.in(0)).toBe(0x50);
    rtc.pass(1);
    expect(rtc.in(0)).toBe(0x51);
  });

  it('can be changed while it runs', () => {
    const rtc = new Rtc();
    rtc.out(4, 0x07);
    rtc.pass(10_000);
    expect(rtc.time()).toEqual([0x00, 0x46, 0x07, 5, 0x29, 0x02, 0x24, 0x20]);
  });

  it('counts in 12 hours in binary, too', () => {
    const rtc = new Rtc();
    rtc.out(B, BINARY);
    rtc.out(B, SET | BINARY);
    rtc.out(4, 0x80 | 11);
    rtc.out(B, BINARY);
    rtc.pass(3600_000);
    expect([rtc.in(4), rtc.in(7)]).toEqual([12, 1]);
  });

  it('survives nonsense in its registers', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.array(byte, { minLength: 8, maxLength: 8 }), byte, (values, mode) => {
        const rtc = new Rtc();
        rtc.out(B, SET | (mode & 0x06));
        values.forEach((value, index) => rtc.out(TIME[index]!, value));
        expect(rtc.time()).toEqual(values);
        rtc.out(B, mode & 0x06);
        rtc.pass(86_400_000);
        expect(rtc.time().every((value) => value >= 0 && value <= 0xff)).toBe(true);
      }),
    );
  });
});

describe('register A', () => {
  it('shows an update in progress for two milliseconds of each second', () => {
    const rtc = new Rtc();
    const updating = Array.from({ length: 1000 }, () => {
      rtc.pass(1);
      return rtc.in(A) >> 7;
    });
    expect(updating.filter((bit) => bit === 1)).toHaveLength(2);
    expect(updating.indexOf(1)).toBe(747);
  });

  it('keeps divider and rate, and no update in progress is written', () => {
    const rtc = new Rtc();
    expect(rtc.in(A)).toBe(0x26);
    rtc.out(A, 0xaf);
    expect(rtc.in(A)).toBe(0x2f);
  });

  it('shows no update while the clock stands', () => {
    const rtc = new Rtc();
    rtc.out(B, SET | H24);
    rtc.pass(749);
    expect(rtc.in(A)).toBe(0x26);
  });
});

describe('register C', () => {
  it('tells of updates and ticks when it is polled, and forgets them when read', () => {
    const rtc = new Rtc();
    expect(rtc.in(C)).toBe(0);
    rtc.pass(1);
    expect(rtc.in(C)).toBe(PF);
    rtc.pass(749);
    expect(rtc.in(C)).toBe(PF | UF);
    expect([rtc.in(C), rtc.edges]).toEqual([0, 0]);
  });

  it('tells of an alarm that came since it was read', () => {
    const rtc = new Rtc();
    rtc.out(A, 0x20);
    rtc.in(C);
    rtc.alarm(0x13, 0x46, 0x05);
    rtc.pass(14_000);
    expect(rtc.in(C)).toBe(UF);
    rtc.pass(1000);
    expect(rtc.in(C)).toBe(UF | AF);
    rtc.pass(86_399_000);
    expect(rtc.in(C)).toBe(UF);
    rtc.pass(1000);
    expect(rtc.in(C)).toBe(UF | AF);
  });

  it('takes any hour, minute or second for an alarm with both upper bits set', () => {
    const rtc = new Rtc();
    rtc.out(A, 0x20);
    rtc.alarm(0xff, 0xc0, 0x55);
    rtc.in(C);
    const alarms = Array.from({ length: 180 }, () => {
      rtc.pass(1000);
      return rtc.in(C) & AF;
    });
    expect(alarms.flatMap((flag, index) => (flag ? [index] : []))).toEqual([4, 64, 124]);
  });

  it.each([
    [0x26, 1000, 1000],
    [0x2f, 2000, 4],
    [0x2e, 1000, 4],
    [0x22, 125, 16],
    [0x20, 5000, 0],
    [0x66, 5000, 0],
  ])('ticks at the rate of A = 0x%x', (a, ms, ticks) => {
    const rtc = new Rtc();
    rtc.out(A, a);
    rtc.in(C);
    const flags = Array.from({ length: ms }, () => {
      rtc.pass(1);
      return rtc.in(C) & PF;
    });
    expect(flags.filter((flag) => flag !== 0)).toHaveLength(ticks);
  });

  it('is not written, and neither is D', () => {
    const rtc = new Rtc();
    rtc.in(C);
    rtc.out(C, 0xff);
    rtc.out(D, 0);
    expect([rtc.in(C), rtc.in(D)]).toEqual([0, 0x80]);
  });

  it('makes nothing of a host clock that is set back', () => {
    const rtc = new Rtc();
    rtc.in(C);
    rtc.pass(-3_600_000);
    expect([rtc.in(C), rtc.in(4)]).toEqual([0, 0x12]);
    rtc.pass(1000);
    expect(rtc.in(C) & UF).toBe(UF);
  });
});

describe('interrupts', () => {
  it('come at once when what is enabled has already happened', () => {
    const rtc = new Rtc();
    rtc.in(C);
    rtc.pass(1000);
    rtc.out(B, H24 | UIE);
    expect(rtc.edges).toBe(1);
    expect(rtc.in(C) & (IRQF | UF)).toBe(IRQF | UF);
    rtc.out(B, H24);
    expect(rtc.edges).toBe(0);
  });

  it('wake the timer whenever it may have to wait for something else', () => {
    const rtc = new Rtc();
    rtc.alarm(0, 0, 0);
    rtc.in(C);
    expect(rtc.kicks).toBe(0);
    rtc.out(B, H24 | AIE);
    rtc.in(C);
    rtc.alarm(1, 0, 0);
    rtc.out(0, 0);
    expect(rtc.kicks).toBe(6);
    rtc.out(B, H24 | PIE);
    rtc.out(A, 0x2f);
    expect(rtc.kicks).toBe(8);
  });

  it('are disabled by a reset, which leaves the time and the memory', () => {
    const rtc = new Rtc();
    rtc.out(4, 0x01);
    rtc.out(0x40, 0xaa);
    rtc.pass(1000);
    rtc.out(B, H24 | UIE | AIE | PIE);
    rtc.machine.frontEnds[0]!.reset();
    expect([rtc.in(B), rtc.in(C) & IRQF, rtc.in(4), rtc.in(0x40)]).toEqual([H24, 0, 0x01, 0xaa]);
  });
});

describe('the memory', () => {
  it('keeps what is written, all but the registers', () => {
    const rtc = new Rtc();
    const cells = Array.from({ length: 128 }, (_, i) => i).filter((i) => i > D && i !== 0x32);
    cells.forEach((cell) => rtc.out(cell, cell ^ 0x5a));
    expect(cells.map((cell) => rtc.in(cell))).toEqual(cells.map((cell) => cell ^ 0x5a));
  });

  it('is reached through seven bits of index, and the index is not read', () => {
    const rtc = new Rtc();
    rtc.out(0x80 | 0x40, 0x77);
    expect([rtc.in(0x40), rtc.machine.in(0x70)]).toEqual([0x77, 0xff]);
  });

  it('says how much memory the machine has', () => {
    const rtc = new Rtc();
    const word = (at: number): number => rtc.in(at) | (rtc.in(at + 1) << 8);
    expect([word(0x15), word(0x17), word(0x34)]).toEqual([640, 0xffff, 3 * 16384 - 256]);
    expect(word(0x5b) | (rtc.in(0x5d) << 16)).toBe(5 * 16384);
  });
});
