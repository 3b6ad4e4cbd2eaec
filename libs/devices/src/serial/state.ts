import { type Accessor, bytes, i32, struct, u8 } from '@crosvm/data-model';

import type { StateArea } from '../front-end/front-end';
import { FIFO_SIZE, Iir } from './registers';

/** The guest-visible state of a UART. */
export const serialState = struct('serial_state', {
  lock: i32,
  ier: u8,
  fcr: u8,
  lcr: u8,
  mcr: u8,
  scr: u8,
  divisor_low: u8,
  divisor_high: u8,
  /** Error bits of LSR that were not read yet. */
  line_errors: u8,
  /** Delta bits of MSR that were not read yet. */
  modem_deltas: u8,
  /** 1: the next time the transmitter is empty is worth an interrupt. */
  thr_armed: u8,
  /** The cause of the interrupt that the guest was last told about (an IIR value). */
  told: u8,
  /** LSR reads in a row that found no input: how a guest that polls for input is recognised. */
  polls: u8,
  /** Bytes that the UART sent to itself in loopback. */
  fifo_count: u8,
  fifo_first: u8,
  fifo: bytes(FIFO_SIZE),
});

/** An accessor of a UART's state. */
export type SerialState = Accessor<(typeof serialState)['fields']>;

/** 9600 baud, what firmware leaves: 115200 / 12. */
const DEFAULT_DIVISOR = 12;

/** Puts the registers to what they have after a reset (data sheet, table I). */
export function resetSerialState({ buffer, offset }: StateArea): void {
  const lock = serialState.offsetOf('ier');
  new Uint8Array(buffer, offset + lock, serialState.size - lock).fill(0);
  const state = serialState.at(buffer, offset);
  state.divisor_low = DEFAULT_DIVISOR;
  state.thr_armed = 1;
  state.told = Iir.NONE;
}
