import { type Accessor, bytes, i32, struct, u8 } from '@crosvm/data-model';

import type {
  FrontEnd,
  FrontEndContext,
  FrontEndModule,
  PowerControl,
  StateArea,
} from '../front-end/front-end';
import { type ByteRegisters, deviceMutex, LockedRegisters } from '../front-end/locked-registers';
import {
  AuxTest,
  Command,
  Config,
  DATA,
  INPUT_PORT,
  OutputPort,
  STATUS,
  Status,
} from './registers';

/** The controller, as its front end needs to know it. */
export interface I8042Config {
  /** The data port; the status and command port is four above. */
  readonly base: number;
}

const RAM_SIZE = 32;

const i8042State = struct('i8042_state', {
  lock: i32,
  /** The output buffer, and whether it is full. */
  output: u8,
  full: u8,
  /** The command that waits for its data byte; 0 for none. */
  command: u8,
  /** 1 if the last write was a command. */
  commanded: u8,
  output_port: u8,
  /** The controller's memory; the first byte is its configuration. */
  ram: bytes(RAM_SIZE),
});

type I8042State = Accessor<(typeof i8042State)['fields']>;

function powerOn({ buffer, offset }: StateArea): void {
  const lock = i8042State.offsetOf('output');
  new Uint8Array(buffer, offset + lock, i8042State.size - lock).fill(0);
  const state = i8042State.at(buffer, offset);
  state.output_port = OutputPort.NO_RESET | OutputPort.A20;
  state.ram[0] = Config.DEFAULT;
}

/**
 * A PS/2 controller with nothing plugged in: it answers all that a driver asks to find that out, and
 * it resets the machine. It raises no interrupts, because there is no keyboard to raise one.
 */
class I8042Registers implements ByteRegisters {
  readonly #state: I8042State;
  readonly #ram: Uint8Array;
  readonly #power: PowerControl;

  constructor({ area, host }: FrontEndContext<I8042Config>) {
    this.#state = i8042State.at(area.buffer, area.offset);
    this.#ram = this.#state.ram;
    this.#power = host.power;
  }

  readByte(port: number): number {
    const state = this.#state;
    switch (port) {
      case DATA:
        state.full = 0;
        return state.output;
      case STATUS:
        return (
          Status.UNLOCKED |
          (state.full ? Status.OUTPUT_FULL : 0) |
          ((this.#ram[0] ?? 0) & Config.SYSTEM_FLAG) |
          (state.commanded ? Status.COMMANDED : 0)
        );
      default:
        return 0xff;
    }
  }

  writeByte(port: number, value: number): void {
    if (port === STATUS) {
      this.#state.commanded = 1;
      this.#state.command = 0;
      this.#execute(value);
    } else if (port === DATA) {
      const { command } = this.#state;
      this.#state.commanded = 0;
      this.#state.command = 0;
      this.#takeData(command, value);
    }
  }

  #execute(command: number): void {
    const state = this.#state;
    if (command >= Command.READ_RAM && command < Command.READ_RAM + RAM_SIZE) {
      this.#answer(this.#ram[command - Command.READ_RAM] ?? 0);
    } else if (command >= Command.PULSE) {
      // Each bit that is clear pulses its line low; the first one is the reset.
      if ((command & OutputPort.NO_RESET) === 0) {
        this.#power.reset();
      }
    } else if (takesData(command)) {
      state.command = command;
    } else {
      this.#executeSimple(command);
    }
  }

  #executeSimple(command: number): void {
    const state = this.#state;
    switch (command) {
      case Command.SELF_TEST:
        this.#ram[0] = (this.#ram[0] ?? 0) | Config.SYSTEM_FLAG;
        this.#answer(0x55);
        break;
      case Command.TEST_KEYBOARD_PORT:
        this.#answer(0x00);
        break;
      case Command.TEST_AUX_PORT:
        this.#answer(AuxTest.CLOCK_LOW);
        break;
      case Command.DISABLE_KEYBOARD:
        this.#configure((this.#ram[0] ?? 0) | Config.KEYBOARD_DISABLED);
        break;
      case Command.ENABLE_KEYBOARD:
        this.#configure((this.#ram[0] ?? 0) & ~Config.KEYBOARD_DISABLED);
        break;
      case Command.READ_INPUT_PORT:
        this.#answer(INPUT_PORT);
        break;
      case Command.READ_OUTPUT_PORT:
        this.#answer(state.output_port | (state.full ? OutputPort.OUTPUT_FULL : 0));
        break;
      case Command.READ_TEST_INPUTS:
        this.#answer(0x00);
        break;
      case Command.DISABLE_A20:
        state.output_port &= ~OutputPort.A20;
        break;
      case Command.ENABLE_A20:
        state.output_port |= OutputPort.A20;
        break;
    }
  }

  #takeData(command: number, value: number): void {
    if (command >= Command.WRITE_RAM && command < Command.WRITE_RAM + RAM_SIZE) {
      if (command === Command.WRITE_RAM) {
        this.#configure(value);
      } else {
        this.#ram[command - Command.WRITE_RAM] = value;
      }
    } else if (command === Command.WRITE_OUTPUT_PORT) {
      this.#state.output_port = value & (OutputPort.NO_RESET | OutputPort.A20);
      if ((value & OutputPort.NO_RESET) === 0) {
        this.#power.reset();
      }
    } else if (command === Command.WRITE_KEYBOARD_OUTPUT || command === Command.WRITE_AUX_OUTPUT) {
      // What drivers take as the sign of an auxiliary port is a status bit, which stays clear.
      this.#answer(value);
    }
    // Everything else goes to a keyboard or a mouse that is not there.
  }

  /** There is no auxiliary port: its clock stays disabled, whatever is asked for. */
  #configure(value: number): void {
    this.#ram[0] = value | Config.AUX_DISABLED;
  }

  #answer(value: number): void {
    this.#state.output = value;
    this.#state.full = 1;
  }
}

function takesData(command: number): boolean {
  return (
    (command >= Command.WRITE_RAM && command < Command.WRITE_RAM + RAM_SIZE) ||
    (command >= Command.WRITE_OUTPUT_PORT && command <= Command.WRITE_AUX)
  );
}

function create(context: FrontEndContext<I8042Config>): FrontEnd {
  const { area, config } = context;
  const registers = new I8042Registers(context);
  const mutex = deviceMutex(area);
  const data = new LockedRegisters(mutex, registers, DATA);
  const status = new LockedRegisters(mutex, registers, STATUS);
  return {
    ports: [
      { base: config.base + DATA, length: 1, device: data },
      { base: config.base + STATUS, length: 1, device: status },
    ],
    mmio: [],
    reset: () => powerOn(area),
  };
}

/** A PS/2 controller without keyboard and mouse. */
export const i8042: FrontEndModule<I8042Config> = {
  name: 'i8042',
  stateSize: i8042State.size,
  powerOn,
  create,
};
