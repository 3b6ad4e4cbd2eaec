import { SERIAL_PAGE_SIZE } from '../serial/page';
import type { HostServices } from '../front-end/front-end';

/** Host services that count, with a clock that stands still until it is told. */
export class FakeHost implements HostServices {
  /** Interrupts by descriptor number. */
  readonly raised: Record<number, number> = {};
  /** Doorbells by descriptor number. */
  readonly rung: Record<number, number> = {};
  /** Device pages by descriptor number. */
  readonly pages: Record<number, Uint8Array> = {};
  resets = 0;
  powerOffs = 0;
  time = Date.UTC(2024, 1, 29, 13, 45, 50, 250);

  readonly power = {
    reset: () => {
      this.resets += 1;
    },
    powerOff: () => {
      this.powerOffs += 1;
    },
  };

  interrupt(fd: number) {
    this.raised[fd] ??= 0;
    return {
      raise: () => {
        this.raised[fd] = (this.raised[fd] ?? 0) + 1;
      },
    };
  }

  doorbell(fd: number) {
    this.rung[fd] ??= 0;
    return {
      ring: () => {
        this.rung[fd] = (this.rung[fd] ?? 0) + 1;
      },
    };
  }

  mapPage(fd: number, size: number): Uint8Array {
    this.pages[fd] ??= new Uint8Array(new SharedArrayBuffer(Math.max(size, SERIAL_PAGE_SIZE)));
    return this.pages[fd];
  }

  now(): number {
    return this.time;
  }
}
