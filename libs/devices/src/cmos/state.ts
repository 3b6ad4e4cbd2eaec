import { type Accessor, addr64, bytes, i32, struct, u8 } from '@crosvm/data-model';

import type { StateArea } from '../front-end/front-end';
import { Cmos, CMOS_SIZE, StatusA, StatusB } from './registers';

/** The guest-visible state of the clock and its memory. */
export const cmosState = struct('cmos_state', {
  lock: i32,
  /** The register that the data port is at. */
  index: u8,
  /** Register C without IRQF. */
  flags: u8,
  /** Guest time less host time in milliseconds, plus `OFFSET_BIAS`. */
  biased_offset: addr64,
  /** Host time, in milliseconds, up to which `flags` tells what happened. */
  checked: addr64,
  /** Registers and memory; the time is here only while the clock stands. */
  ram: bytes(CMOS_SIZE),
});

/** An accessor of the clock's state. */
export type CmosState = Accessor<(typeof cmosState)['fields']>;

/** Makes every offset positive: 35,000 years, more than the registers can be off. */
export const OFFSET_BIAS = 2 ** 50;

/** How much memory the machine has, for the registers by which PC firmware tells. */
export interface CmosMemorySize {
  /** Bytes below 4 GiB. */
  readonly below4G: number;
  /** Bytes above 4 GiB. */
  readonly above4G: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const CHUNK = 64 * KIB;

function putLittleEndian(ram: Uint8Array, at: number, value: number): void {
  ram[at] = value & 0xff;
  ram[at + 1] = (value >> 8) & 0xff;
}

/** The memory size registers, which predate every table: see "CMOS RAM" in Ralf Brown's list. */
function putMemorySize(ram: Uint8Array, { below4G, above4G }: CmosMemorySize): void {
  const clamp = (value: number): number => Math.max(0, Math.min(0xffff, Math.floor(value)));
  const extended = clamp((below4G - MIB) / KIB);
  putLittleEndian(ram, 0x15, 640);
  putLittleEndian(ram, 0x17, extended);
  putLittleEndian(ram, 0x30, extended);
  putLittleEndian(ram, 0x34, clamp((below4G - 16 * MIB) / CHUNK));
  const high = Math.min(0xff_ffff, Math.floor(above4G / CHUNK));
  putLittleEndian(ram, 0x5b, high & 0xffff);
  ram[0x5d] = high >> 16;
}

/** The registers and memory of a device, as live bytes. */
export function cmosRam({ buffer, offset }: StateArea): Uint8Array {
  return new Uint8Array(buffer, offset + cmosState.offsetOf('ram'), CMOS_SIZE);
}

/** A clock that shows the host's time, in BCD and 24 hours, with no interrupt enabled. */
export function powerOnCmos(area: StateArea, memory?: CmosMemorySize): void {
  const state = cmosState.at(area.buffer, area.offset);
  state.biased_offset = OFFSET_BIAS;
  const ram = cmosRam(area);
  ram[Cmos.A] = StatusA.DEFAULT;
  ram[Cmos.B] = StatusB.HOURS_24;
  if (memory) {
    putMemorySize(ram, memory);
  }
}
