import { EventFd, PollLoop } from '@crosvm/sys-util';

import { allocateFrontEnds, areaOf, createFrontEnds, request } from '../front-end/allocate';
import type { BusDevice } from '../bus/bus-device';
import { FRONT_ENDS } from '../front-end/registry';
import { hostServices } from '../front-end/host-services';
import { cmos } from './front-end';
import { RtcTimer } from './timer';

const [A, B, C] = [0x0a, 0x0b, 0x0c] as const;
const [PIE, AIE, UIE, H24] = [0x40, 0x20, 0x10, 0x02] as const;

/** A clock and its timer on a loop, with the host's real clock. */
class Rig implements Disposable {
  readonly loop = new PollLoop();
  readonly kick = EventFd.create();
  readonly irq = EventFd.create();
  readonly timer: RtcTimer;
  readonly device: BusDevice;

  constructor() {
    const fds = { irqFd: this.irq.raw, kickFd: this.kick.raw };
    const set = allocateFrontEnds([request(cmos, { base: 0x70, ...fds })]);
    const power = { reset: () => undefined, powerOff: () => undefined };
    this.device = createFrontEnds(set, FRONT_ENDS, hostServices(power))[0]!.ports[0]!.device;
    this.timer = new RtcTimer({ area: areaOf(set, 0), ...fds });
    this.timer.attach(this.loop);
    this.in(C);
  }

  in(register: number): number {
    this.device.write(0, 1, register);
    return this.device.read(1, 1);
  }

  out(register: number, value: number): void {
    this.device.write(0, 2, register | (value << 8));
  }

  /** Serves until there is an interrupt, or for `ms`; returns how many there were. */
  wait(ms: number): number {
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      this.loop.runOnce(Math.ceil(left));
      const interrupts = this.irq.read();
      if (interrupts !== undefined) {
        return interrupts;
      }
    }
    return 0;
  }

  [Symbol.dispose](): void {
    this.timer[Symbol.dispose]();
    this.loop[Symbol.dispose]();
    this.kick[Symbol.dispose]();
    this.irq[Symbol.dispose]();
  }
}

describe('RtcTimer', () => {
  it('interrupts after each update, when the guest has read the last one', () => {
    using rtc = new Rig();
    rtc.out(B, H24 | UIE);
    expect(rtc.wait(2000)).toBe(1);
    expect(rtc.wait(1200)).toBe(0);
    expect(rtc.in(C) & 0x90).toBe(0x90);
    expect(rtc.wait(2000)).toBe(1);
  });

  it('interrupts at the alarm', () => {
    using rtc = new Rig();
    rtc.out(A, 0x20);
    const second = ((rtc.in(0) >> 4) * 10 + (rtc.in(0) & 0x0f) + 2) % 60;
    rtc.out(5, 0xff);
    rtc.out(3, 0xff);
    rtc.out(1, (Math.floor(second / 10) << 4) | (second % 10));
    rtc.out(B, H24 | AIE);
    expect(rtc.wait(3000)).toBe(1);
    expect(rtc.in(C) & 0xa0).toBe(0xa0);
    expect(rtc.in(0)).toBe((Math.floor(second / 10) << 4) | (second % 10));
  });

  it('interrupts at the periodic rate', () => {
    using rtc = new Rig();
    rtc.out(A, 0x2b);
    rtc.out(B, H24 | PIE);
    const ticks = Array.from({ length: 10 }, () => {
      const interrupts = rtc.wait(1000);
      rtc.in(C);
      return interrupts;
    });
    expect(ticks).toEqual(new Array(10).fill(1));
  });

  it('does nothing while nothing is enabled', () => {
    using rtc = new Rig();
    expect(rtc.wait(1200)).toBe(0);
    const done = jest.fn();
    rtc.timer.drain(done);
    expect(done).toHaveBeenCalledTimes(1);
  });
});
