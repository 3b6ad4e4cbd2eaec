import { writeSync } from 'node:fs';

import {
  allocateFrontEnds,
  areaOf,
  cmos,
  createFrontEnds,
  FRONT_ENDS,
  hostServices,
  request,
} from '@crosvm/devices';
import { createPipe, EventFd, EventLoopPoller, POLL_READABLE } from '@crosvm/sys-util';

import { OwnBackEnds, type OwnBackEndsPlan } from './own-back-ends';

const NO_POWER = { reset: () => undefined, powerOff: () => undefined };

const STATUS_A = 0x0a;
const STATUS_B = 0x0b;
/** The time base that runs, and the rate of 1024 Hz. */
const EVERY_MILLISECOND = 0x26;
const PERIODIC_24_HOURS = 0x42;

/** A clock, and a pipe in the place of a serial port that goes to the log. */
class Rig implements Disposable {
  readonly irq = EventFd.create();
  readonly #kick = EventFd.create();
  readonly #config = { irqFd: this.irq.raw, kickFd: this.#kick.raw };
  readonly #set = allocateFrontEnds([request(cmos, { base: 0x70, ...this.#config })]);
  readonly #port = createPipe({ nonblock: true });
  readonly #clock = createFrontEnds(this.#set, FRONT_ENDS, hostServices(NO_POWER))[0]?.ports[0];

  readonly plan: OwnBackEndsPlan = {
    rtc: { area: areaOf(this.#set, 0), ...this.#config },
    logged: [{ port: 2, reader: this.#port.reader }],
  };

  writeClock(register: number, value: number): void {
    this.#clock?.device.write(0, 1, register);
    this.#clock?.device.write(1, 1, value);
  }

  print(text: string): void {
    writeSync(this.#port.writer.raw, text);
  }

  /** Waits for the interrupt of the clock. */
  async interrupt(): Promise<void> {
    using poller = new EventLoopPoller();
    await new Promise<void>((resolve) => {
      poller.add(this.irq.raw, POLL_READABLE, () => resolve());
    });
  }

  [Symbol.dispose](): void {
    this.#port.writer.close();
    [this.irq, this.#kick].forEach((event) => event[Symbol.dispose]());
  }
}

describe('OwnBackEnds', () => {
  it('raise the interrupts of the clock', async () => {
    using rig = new Rig();
    rig.writeClock(STATUS_A, EVERY_MILLISECOND);
    using _served = new OwnBackEnds(rig.plan, jest.fn());
    rig.writeClock(STATUS_B, PERIODIC_24_HOURS);
    await expect(rig.interrupt()).resolves.toBeUndefined();
  });

  it('raise what was asked for before they began', async () => {
    using rig = new Rig();
    rig.writeClock(STATUS_A, EVERY_MILLISECOND);
    rig.writeClock(STATUS_B, PERIODIC_24_HOURS);
    using _served = new OwnBackEnds(rig.plan, jest.fn());
    await expect(rig.interrupt()).resolves.toBeUndefined();
  });

  it('pass on the lines of their ports, to the last', async () => {
    using rig = new Rig();
    const onLine = jest.fn();
    const first = new Promise((resolve) => onLine.mockImplementationOnce(resolve));
    const served = new OwnBackEnds(rig.plan, onLine);
    rig.print('first\n');
    await first;
    rig.print('last');
    served[Symbol.dispose]();
    expect(onLine.mock.calls).toEqual([
      [2, 'first'],
      [2, 'last'],
    ]);
  });
});
