import { SERIAL_PAGE_SIZE } from '../serial/page';
import type { HostServices, InterruptWire } from '../front-end/front-end';
import type { BackEndPort } from '../virtio/channel/port';
import { FakePciHost } from './fake-pci-host';

/** Host services that count, with a clock that stands still until it is told. */
export class FakeHost implements HostServices {
  /** Interrupts by descriptor number. */
  readonly raised: Record<number, number> = {};
  /** Doorbells by descriptor number. */
  readonly rung: Record<number, number> = {};
  /** Device pages by descriptor number. */
  readonly pages: Record<number, Uint8Array> = {};
  /** What the guest did wrong. */
  readonly guestErrors: string[] = [];
  readonly pci = new FakePciHost();
  /** Back ends by descriptor number. */
  readonly backEnds: Record<number, BackEndPort> = {};
  resets = 0;
  powerOffs = 0;
  panics = 0;
  time = Date.UTC(2024, 1, 29, 13, 45, 50, 250);

  readonly power = {
    reset: () => {
      this.resets += 1;
    },
    powerOff: () => {
      this.powerOffs += 1;
    },
    panicked: () => {
      this.panics += 1;
    },
  };

  interrupt(fd: number): InterruptWire {
    this.raised[fd] ??= 0;
    const { pci } = this;
    return {
      raise: () => {
        this.raised[fd] = (this.raised[fd] ?? 0) + 1;
        pci.signal(fd);
      },
      get pending() {
        return pci.isWaiting(fd);
      },
      clear: () => pci.forget(fd),
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

  backEnd(fd: number): BackEndPort {
    return this.backEnds[fd] ?? { ask: () => true, isGone: false };
  }

  guestError(message: string): void {
    this.guestErrors.push(message);
  }

  mapPage(fd: number, size: number): Uint8Array {
    this.pages[fd] ??= new Uint8Array(new SharedArrayBuffer(Math.max(size, SERIAL_PAGE_SIZE)));
    return this.pages[fd];
  }

  now(): number {
    return this.time;
  }
}
