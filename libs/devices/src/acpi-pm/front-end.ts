import { type Accessor, i32, struct, u16, u8 } from '@crosvm/data-model';

import type {
  FrontEnd,
  FrontEndContext,
  FrontEndModule,
  InterruptLine,
  PowerControl,
  StateArea,
} from '../front-end/front-end';
import { type ByteRegisters, deviceMutex, LockedRegisters } from '../front-end/locked-registers';

/** The power management registers, as their front end needs to know them. */
export interface AcpiPmConfig {
  /** PM1a_EVT_BLK, four ports; PM1a_CNT_BLK, two, is right behind it. */
  readonly base: number;
  /** The reset register. */
  readonly resetPort: number;
  /** The irqfd of the SCI. */
  readonly irqFd: number;
}

/** SLP_TYP of the soft-off state, which the DSDT's `_S5` must give. */
const SLEEP_TYPE_S5 = 5;

const acpiPmState = struct('acpi_pm_state', {
  lock: i32,
  status: u16,
  enable: u16,
  control: u16,
  reset_control: u8,
});

type AcpiPmState = Accessor<(typeof acpiPmState)['fields']>;

/** ACPI 6.5, tables 4.13 and 4.14: the power button's bit of status and enable. */
const POWER_BUTTON = 0x0100;
/** The enable bits that there are: timer, global lock, power button, sleep button, clock. */
const ENABLES = 0x0721;

/** ACPI 6.5, table 4.15: the control register. */
const Control = {
  SCI_EN: 0x0001,
  /** What reads back: SCI_EN, BM_RLD and SLP_TYP. */
  KEPT: 0x1c03,
  SLEEP_TYPE_SHIFT: 10,
  SLEEP_TYPE_MASK: 7,
  SLEEP_ENABLE: 0x2000,
} as const;

/** The reset control register of Intel's chip sets (82371AB data sheet, 4.1.22). */
const Reset = {
  /** Hard or soft, and full power cycle: they read back. */
  KEPT: 0x0a,
  CPU: 0x04,
} as const;

/** Registers, by byte. */
const Register = {
  STATUS: 0,
  ENABLE: 2,
  CONTROL: 4,
  RESET: 6,
} as const;

const PM1_PORTS = 6;

function powerOn({ buffer, offset }: StateArea): void {
  const state = acpiPmState.at(buffer, offset);
  state.status = 0;
  state.enable = 0;
  state.control = Control.SCI_EN;
  state.reset_control = 0;
}

/** The byte that `value` has in place of its byte `index`. */
function replaceByte(value: number, index: number, byte: number): number {
  const shift = index * 8;
  return (value & ~(0xff << shift)) | (byte << shift);
}

class AcpiPmRegisters implements ByteRegisters {
  readonly #state: AcpiPmState;
  readonly #power: PowerControl;
  readonly #irq: InterruptLine;

  constructor({ area, config, host }: FrontEndContext<AcpiPmConfig>) {
    this.#state = acpiPmState.at(area.buffer, area.offset);
    this.#power = host.power;
    this.#irq = host.interrupt(config.irqFd);
  }

  readByte(register: number): number {
    const state = this.#state;
    const shift = (register & 1) * 8;
    switch (register & ~1) {
      case Register.STATUS:
        return (state.status >> shift) & 0xff;
      case Register.ENABLE:
        return (state.enable >> shift) & 0xff;
      case Register.CONTROL:
        return (state.control >> shift) & 0xff;
      default:
        return register === Register.RESET ? state.reset_control : 0xff;
    }
  }

  writeByte(register: number, value: number): void {
    const state = this.#state;
    const high = register & 1;
    switch (register & ~1) {
      case Register.STATUS:
        // Ones clear.
        state.status &= ~(value << (high * 8));
        break;
      case Register.ENABLE:
        this.#enable(replaceByte(state.enable, high, value) & ENABLES);
        break;
      case Register.CONTROL:
        this.#control(replaceByte(state.control, high, value));
        break;
      default:
        if (register === Register.RESET) {
          this.#reset(value);
        }
    }
  }

  #enable(value: number): void {
    const state = this.#state;
    const news = value & ~state.enable & state.status;
    state.enable = value;
    if (news !== 0) {
      this.#irq.raise();
    }
  }

  #control(value: number): void {
    // ACPI mode is the only one there is, so nobody can leave it.
    this.#state.control = (value & Control.KEPT) | Control.SCI_EN;
    const type = (value >> Control.SLEEP_TYPE_SHIFT) & Control.SLEEP_TYPE_MASK;
    if ((value & Control.SLEEP_ENABLE) !== 0 && type === SLEEP_TYPE_S5) {
      this.#power.powerOff();
    }
  }

  #reset(value: number): void {
    this.#state.reset_control = value & Reset.KEPT;
    if ((value & Reset.CPU) !== 0) {
      this.#power.reset();
    }
  }
}

/** Presses and releases the machine's power button: the guest is asked to shut down. */
export function pressPowerButton(area: StateArea, irq: InterruptLine): void {
  const state = acpiPmState.at(area.buffer, area.offset);
  const mutex = deviceMutex(area);
  mutex.lock();
  state.status |= POWER_BUTTON;
  const enabled = (state.enable & POWER_BUTTON) !== 0;
  mutex.unlock();
  if (enabled) {
    irq.raise();
  }
}

function create(context: FrontEndContext<AcpiPmConfig>): FrontEnd {
  const { area, config } = context;
  const registers = new AcpiPmRegisters(context);
  const mutex = deviceMutex(area);
  const reset = new LockedRegisters(mutex, registers, Register.RESET);
  return {
    ports: [
      { base: config.base, length: PM1_PORTS, device: new LockedRegisters(mutex, registers) },
      { base: config.resetPort, length: 1, device: reset },
    ],
    mmio: [],
    reset: () => powerOn(area),
  };
}

/** The ACPI power management registers and the chip set's reset register. */
export const acpiPm: FrontEndModule<AcpiPmConfig> = {
  name: 'acpi-pm',
  stateSize: acpiPmState.size,
  powerOn,
  create,
};
