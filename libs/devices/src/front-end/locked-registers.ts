import { SharedMutex } from '@crosvm/data-model';

import type { AccessWidth, BusDevice } from '../bus/bus-device';
import type { StateArea } from './front-end';

/** Registers of one byte each, as all devices of the ISA bus have. */
export interface ByteRegisters {
  /** The byte in `register`; what does not exist reads 0xFF. */
  readByte(register: number): number;
  /** Takes a byte for `register`; what does not exist ignores it. */
  writeByte(register: number, value: number): void;
}

/**
 * The mutex of a device. By convention it is the first word of its state.
 */
export function deviceMutex({ buffer, offset }: StateArea): SharedMutex {
  return new SharedMutex(new Int32Array(buffer, offset, 1), 0);
}

/**
 * Byte registers on a bus: takes the device's mutex around each access, and makes accesses of 2 and 4
 * bytes into consecutive single ones, as the ISA bus does for 8-bit devices.
 */
export class LockedRegisters implements BusDevice {
  /** @param first the register at offset 0 of the range */
  constructor(
    private readonly mutex: SharedMutex,
    private readonly registers: ByteRegisters,
    private readonly first = 0,
  ) {}

  read(offset: number, width: AccessWidth): number {
    this.mutex.lock();
    try {
      const register = this.first + offset;
      if (width === 1) {
        return this.registers.readByte(register);
      }
      let value = 0;
      for (let index = 0; index < width; index += 1) {
        value |= this.registers.readByte(register + index) << (index * 8);
      }
      return value >>> 0;
    } finally {
      this.mutex.unlock();
    }
  }

  write(offset: number, width: AccessWidth, value: number): void {
    this.mutex.lock();
    try {
      const register = this.first + offset;
      for (let index = 0; index < width; index += 1) {
        this.registers.writeByte(register + index, (value >>> (index * 8)) & 0xff);
      }
    } finally {
      this.mutex.unlock();
    }
  }
}
