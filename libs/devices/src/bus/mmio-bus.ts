import { type GuestAddress, TWO_POW_32 } from '@crosvm/data-model';

import { type AccessWidth, allOnes, type BusDevice, loadValue, storeValue } from './bus-device';

/** A device on a range of guest-physical addresses. */
export interface MmioRange {
  /** The first address. */
  readonly base: GuestAddress;
  /** Bytes in the range, which does not cross a multiple of 4 GiB. */
  readonly length: number;
  readonly device: BusDevice;
}

/**
 * An access as a vCPU's exit tells it; its accessor fits as it is. The halves of the address are
 * signed: then they are always small integers to the engine, and never allocate.
 */
export interface MmioAccess {
  /** Bits 0 to 31 of the address, as a signed 32-bit integer. */
  readonly mmioAddressLow: number;
  /** Bits 32 to 63 of the address, as a signed 32-bit integer. */
  readonly mmioAddressHigh: number;
  /** Bytes: 1 to 8. */
  readonly mmioLength: number;
  /** Where the data is in the view. */
  readonly mmioDataOffset: number;
}

/** A range as the bus keeps it; a class, so that all of them have one shape. */
class Slot {
  readonly low: number;
  readonly high: number;

  constructor(
    base: GuestAddress,
    readonly length: number,
    readonly device: BusDevice,
  ) {
    this.low = base | 0;
    this.high = Math.floor(base / TWO_POW_32) | 0;
  }
}

/** Longest range: its offsets are small integers. */
const MAX_LENGTH = 0x7fff_ffff;

function checkRange({ base, length }: MmioRange): void {
  const whole = Number.isSafeInteger(base) && Number.isInteger(length);
  if (!whole || base < 0 || length < 1 || length > MAX_LENGTH) {
    throw new RangeError(`${length} bytes at ${base} are not a range of addresses`);
  }
  if ((base % TWO_POW_32) + length > TWO_POW_32 || !Number.isSafeInteger(base + length)) {
    throw new RangeError(`${length} bytes at ${base} cross a multiple of 4 GiB`);
  }
}

/** The widest naturally aligned access at an address that is no longer than `remaining`. */
function naturalWidth(low: number, remaining: number): AccessWidth {
  if (remaining >= 4 && (low & 3) === 0) {
    return 4;
  }
  return remaining >= 2 && (low & 1) === 0 ? 2 : 1;
}

/** Less than, of integers that are kept as signed but mean unsigned ones. */
function below(a: number, b: number): boolean {
  return a >>> 0 < b >>> 0;
}

/**
 * Guest-physical addresses that are not memory: sorted ranges, found by the last hit or by binary
 * search; one instance a vCPU thread.
 *
 * Accesses of any length are split into naturally aligned ones of 1, 2 and 4 bytes. Where nobody is,
 * reads answer all ones and writes are ignored.
 */
export class MmioBus {
  #slots: Slot[] = [];
  /** The range that was hit last: drivers touch one device many times in a row. */
  #last: Slot | undefined;

  /**
   * Puts a device on its addresses.
   * @throws RangeError if the range overlaps another one, crosses a multiple of 4 GiB, or is none
   */
  insert(range: MmioRange): void {
    checkRange(range);
    const { base, length, device } = range;
    const start = (slot: Slot): number => (slot.low >>> 0) + (slot.high >>> 0) * TWO_POW_32;
    const clash = this.#slots.find(
      (slot) => base < start(slot) + slot.length && start(slot) < base + length,
    );
    if (clash) {
      const [here, there] = [base.toString(16), start(clash).toString(16)];
      throw new RangeError(`MMIO at 0x${here} overlaps that at 0x${there}`);
    }
    this.#slots.push(new Slot(base, length, device));
    this.#slots.sort((a, b) => start(a) - start(b));
  }

  /** Answers a read: puts the bytes into `view`. */
  read(access: MmioAccess, view: DataView): void {
    const { mmioLength: length, mmioDataOffset: at } = access;
    let low = access.mmioAddressLow;
    let high = access.mmioAddressHigh;
    for (let done = 0; done < length;) {
      const width = naturalWidth(low, length - done);
      storeValue(view, at + done, width, this.load(low, high, width));
      done += width;
      low = (low + width) | 0;
      high = low === 0 ? (high + 1) | 0 : high;
    }
  }

  /** Carries out a write of the bytes in `view`. */
  write(access: MmioAccess, view: DataView): void {
    const { mmioLength: length, mmioDataOffset: at } = access;
    let low = access.mmioAddressLow;
    let high = access.mmioAddressHigh;
    for (let done = 0; done < length;) {
      const width = naturalWidth(low, length - done);
      this.store(low, high, width, loadValue(view, at + done, width));
      done += width;
      low = (low + width) | 0;
      high = low === 0 ? (high + 1) | 0 : high;
    }
  }

  /** The unsigned value that a naturally aligned read of `width` bytes gives. */
  load(low: number, high: number, width: AccessWidth): number {
    const slot = this.#find(low, high);
    if (slot !== undefined) {
      const offset = (low - slot.low) | 0;
      if (width <= slot.length - offset) {
        return slot.device.read(offset, width);
      }
    }
    if (width === 1) {
      return 0xff;
    }
    const half = (width >> 1) as AccessWidth;
    const first = this.load(low, high, half);
    return (first | (this.load(low + half, high, half) << (half * 8))) >>> 0;
  }

  /** A naturally aligned write of the unsigned `value` of `width` bytes. */
  store(low: number, high: number, width: AccessWidth, value: number): void {
    const slot = this.#find(low, high);
    if (slot !== undefined) {
      const offset = (low - slot.low) | 0;
      if (width <= slot.length - offset) {
        slot.device.write(offset, width, value);
        return;
      }
    }
    if (width !== 1) {
      const half = (width >> 1) as AccessWidth;
      this.store(low, high, half, value & allOnes(half));
      this.store(low + half, high, half, (value >>> (half * 8)) & allOnes(half));
    }
  }

  #find(low: number, high: number): Slot | undefined {
    const last = this.#last;
    if (last?.high === high && below(low - last.low, last.length)) {
      return last;
    }
    return this.#search(low, high);
  }

  #search(low: number, high: number): Slot | undefined {
    let from = 0;
    let to = this.#slots.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const slot = this.#slots[middle];
      if (slot === undefined) {
        return undefined;
      }
      if (high === slot.high && below(low - slot.low, slot.length)) {
        this.#last = slot;
        return slot;
      }
      const before = high === slot.high ? below(low, slot.low) : below(high, slot.high);
      if (before) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    return undefined;
  }
}
