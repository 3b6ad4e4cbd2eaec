import { type GuestAddress } from '@crosvm/data-model';

import { type AccessWidth, allOnes, type BusDevice, loadValue, storeValue } from './bus-device';

/** A device on a range of guest-physical addresses. */
export interface MmioRange {
  /** The first address. */
  readonly base: GuestAddress;
  /** Bytes in the range. */
  readonly length: number;
  readonly device: BusDevice;
}

/** A range as the bus keeps it; a class, so that all of them have one shape. */
class Slot {
  constructor(
    readonly base: GuestAddress,
    readonly length: number,
    readonly device: BusDevice,
  ) {}
}

function checkRange({ base, length }: MmioRange): void {
  const whole = Number.isSafeInteger(base) && Number.isSafeInteger(base + length);
  if (!whole || base < 0 || length < 1) {
    throw new RangeError(`${length} bytes at ${base} are not a range of addresses`);
  }
}

/** The widest naturally aligned access at `address` that is no longer than `remaining`. */
function naturalWidth(address: GuestAddress, remaining: number): AccessWidth {
  // The low bits are all that matters, and `&` keeps them for every number below 2^53.
  if (remaining >= 4 && (address & 3) === 0) {
    return 4;
  }
  return remaining >= 2 && (address & 1) === 0 ? 2 : 1;
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
   * @throws RangeError if the range overlaps another one, or is none
   */
  insert(range: MmioRange): void {
    checkRange(range);
    const { base, length, device } = range;
    const clash = this.#slots.find(
      (slot) => base < slot.base + slot.length && slot.base < base + length,
    );
    if (clash) {
      const [here, there] = [base.toString(16), clash.base.toString(16)];
      throw new RangeError(`MMIO at 0x${here} overlaps that at 0x${there}`);
    }
    this.#slots.push(new Slot(base, length, device));
    this.#slots.sort((a, b) => a.base - b.base);
  }

  /** Reads `length` bytes (1 to 8) at `address` into `view` at byte `at`. */
  read(address: GuestAddress, length: number, view: DataView, at: number): void {
    for (let done = 0; done < length;) {
      const width = naturalWidth(address + done, length - done);
      storeValue(view, at + done, width, this.load(address + done, width));
      done += width;
    }
  }

  /** Writes the `length` bytes (1 to 8) that `view` has at byte `at` to `address`. */
  write(address: GuestAddress, length: number, view: DataView, at: number): void {
    for (let done = 0; done < length;) {
      const width = naturalWidth(address + done, length - done);
      this.store(address + done, width, loadValue(view, at + done, width));
      done += width;
    }
  }

  /** The unsigned value that a naturally aligned read of `width` bytes at `address` gives. */
  load(address: GuestAddress, width: AccessWidth): number {
    const slot = this.#find(address);
    if (slot !== undefined && address - slot.base + width <= slot.length) {
      return slot.device.read(address - slot.base, width);
    }
    if (width === 1) {
      return 0xff;
    }
    const half = (width >> 1) as AccessWidth;
    const low = this.load(address, half);
    return (low | (this.load(address + half, half) << (half * 8))) >>> 0;
  }

  /** A naturally aligned write of the unsigned `value` of `width` bytes to `address`. */
  store(address: GuestAddress, width: AccessWidth, value: number): void {
    const slot = this.#find(address);
    if (slot !== undefined && address - slot.base + width <= slot.length) {
      slot.device.write(address - slot.base, width, value);
    } else if (width !== 1) {
      const half = (width >> 1) as AccessWidth;
      this.store(address, half, value & allOnes(half));
      this.store(address + half, half, (value >>> (half * 8)) & allOnes(half));
    }
  }

  #find(address: GuestAddress): Slot | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.base && address - last.base < last.length) {
      return last;
    }
    return this.#search(address);
  }

  #search(address: GuestAddress): Slot | undefined {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const slot = this.#slots[middle];
      if (slot === undefined || address < slot.base) {
        high = middle;
      } else if (address - slot.base >= slot.length) {
        low = middle + 1;
      } else {
        this.#last = slot;
        return slot;
      }
    }
    return undefined;
  }
}
