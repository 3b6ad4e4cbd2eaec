import type {
  Doorbell,
  FrontEnd,
  FrontEndContext,
  FrontEndModule,
  InterruptLine,
} from '../front-end/front-end';
import { type ByteRegisters, deviceMutex, LockedRegisters } from '../front-end/locked-registers';
import { RtcClock } from './clock';
import { Cmos, CMOS_SIZE, STATUS_D_VALID, StatusB } from './registers';
import { type CmosMemorySize, type CmosState, cmosState, powerOnCmos } from './state';

/** The clock, as its front end needs to know it. */
export interface CmosConfig {
  /** The index port; the data port is the next one. */
  readonly base: number;
  /** The irqfd of its interrupt. */
  readonly irqFd: number;
  /** The eventfd that wakes its `RtcTimer`. */
  readonly kickFd: number;
  /** For guests that ask the CMOS how much memory there is. */
  readonly memory?: CmosMemorySize;
}

const INDEX_PORT = 0;
const DATA_PORT = 1;

/** The two ports of the CMOS. */
class CmosRegisters implements ByteRegisters {
  readonly #state: CmosState;
  readonly #clock: RtcClock;
  readonly #irq: InterruptLine;
  readonly #doorbell: Doorbell;

  constructor(private readonly context: FrontEndContext<CmosConfig>) {
    const { area, config, host } = context;
    this.#state = cmosState.at(area.buffer, area.offset);
    this.#clock = new RtcClock(area);
    this.#irq = host.interrupt(config.irqFd);
    this.#doorbell = host.doorbell(config.kickFd);
  }

  /** The battery keeps the time and the memory; the interrupts are disabled (data sheet, p. 9). */
  reset(): void {
    const { ram } = this.#clock;
    this.#state.index = 0;
    this.#state.flags = 0;
    ram[Cmos.B] = (ram[Cmos.B] ?? 0) & ~StatusB.INTERRUPTS;
  }

  readByte(port: number): number {
    // The index port cannot be read on PCs.
    return port === DATA_PORT ? this.#readRegister(this.#state.index) : 0xff;
  }

  writeByte(port: number, value: number): void {
    if (port === INDEX_PORT) {
      // The upper bit masks NMI and does not reach the clock.
      this.#state.index = value & (CMOS_SIZE - 1);
    } else if (port === DATA_PORT) {
      this.#writeRegister(this.#state.index, value);
    }
  }

  #readRegister(register: number): number {
    const clock = this.#clock;
    switch (register) {
      case Cmos.A:
        return clock.statusA(this.context.host.now());
      case Cmos.C: {
        const status = clock.takeStatusC(this.context.host.now());
        this.#rearm();
        return status;
      }
      case Cmos.D:
        return STATUS_D_VALID;
      default:
        if (isTime(register) && !clock.stopped) {
          clock.show(this.context.host.now());
        }
        return clock.ram[register] ?? 0xff;
    }
  }

  #writeRegister(register: number, value: number): void {
    if (isMemory(register)) {
      this.#clock.ram[register] = value;
      return;
    }
    const clock = this.#clock;
    const now = this.context.host.now();
    const pending = clock.irqPending();
    clock.catchUp(now);
    this.#control(register, value, now);
    if (!pending && clock.irqPending()) {
      this.#irq.raise();
    }
    this.#rearm();
  }

  /** A write to the clock proper, of which the flags are up to date. */
  #control(register: number, value: number, now: number): void {
    const clock = this.#clock;
    switch (register) {
      case Cmos.A:
        clock.control(value, clock.ram[Cmos.B] ?? 0, now);
        break;
      case Cmos.B:
        clock.control(clock.ram[Cmos.A] ?? 0, value, now);
        break;
      case Cmos.C:
      case Cmos.D:
        break;
      case Cmos.SECONDS_ALARM:
      case Cmos.MINUTES_ALARM:
      case Cmos.HOURS_ALARM:
        clock.ram[register] = value;
        break;
      default:
        clock.setTime(register, value, now);
    }
  }

  /** What the timer waits for may have changed. */
  #rearm(): void {
    if ((this.#clock.ram[Cmos.B] ?? 0) & StatusB.INTERRUPTS) {
      this.#doorbell.ring();
    }
  }
}

function isTime(register: number): boolean {
  return register <= Cmos.YEAR || register === Cmos.CENTURY;
}

function isMemory(register: number): boolean {
  return register > Cmos.D && register !== Cmos.CENTURY;
}

function create(context: FrontEndContext<CmosConfig>): FrontEnd {
  const registers = new CmosRegisters(context);
  const device = new LockedRegisters(deviceMutex(context.area), registers);
  return {
    ports: [{ base: context.config.base, length: 2, device }],
    mmio: [],
    reset: () => registers.reset(),
  };
}

/** The battery-backed clock and memory of a PC. */
export const cmos: FrontEndModule<CmosConfig> = {
  name: 'cmos',
  stateSize: cmosState.size,
  powerOn: (area, { memory }) => powerOnCmos(area, memory),
  create,
};
