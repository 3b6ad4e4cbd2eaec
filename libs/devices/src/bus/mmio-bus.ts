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
 * Ranges that move, come and go while the guest runs, as those of PCI devices do; one instance a
 * thread, over state that all of them share.
 */
export interface MovingRanges {
  /** One word, which has another value after each change. It is looked at on every access. */
  readonly generation: Int32Array;
  /** The ranges as they are now: no two overlap. */
  current(): readonly MmioRange[];
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

const NOTHING_MOVES: MovingRanges = { generation: new Int32Array(1), current: () => [] };

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

/** The first address of a slot. */
function start(slot: Slot): number {
  return (slot.low >>> 0) + (slot.high >>> 0) * TWO_POW_32;
}

function overlaps(slot: Slot, { base, length }: MmioRange): boolean {
  return base < start(slot) + slot.length && start(slot) < base + length;
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
  /** All ranges, sorted. */
  #slots: Slot[] = [];
  /** Those of them that do not move. */
  readonly #fixed: Slot[] = [];
  #moving: MovingRanges = NOTHING_MOVES;
  /** The generation that `#slots` is of. */
  #seen = 0;
  /** The range that was hit last: drivers touch one device many times in a row. */
  #last: Slot | undefined;

  /**
   * Puts a device on its addresses.
   * @throws RangeError if the range overlaps another one, crosses a multiple of 4 GiB, or is none
   */
  insert(range: MmioRange): void {
    checkRange(range);
    const { base, length, device } = range;
    const clash = this.#fixed.find((slot) => overlaps(slot, range));
    if (clash) {
      const [here, there] = [base.toString(16), start(clash).toString(16)];
      throw new RangeError(`MMIO at 0x${here} overlaps that at 0x${there}`);
    }
    this.#fixed.push(new Slot(base, length, device));
    this.#refresh();
  }

  /**
   * Adds ranges that move: from each access on that begins after a change, they are where they are
   * then. One that overlaps a range that does not move is not there.
   * @throws Error if there are such ranges already
   */
  follow(moving: MovingRanges): void {
    if (this.#moving !== NOTHING_MOVES) {
      throw new Error('a bus follows one set of moving ranges');
    }
    this.#moving = moving;
    this.#refresh();
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

  /** Takes over where the ranges are now. It is rare: guests move them once, if at all. */
  #refresh(): void {
    // First the generation: a change while the ranges are collected makes them be collected again.
    this.#seen = Atomics.load(this.#moving.generation, 0);
    const moving = this.#moving
      .current()
      .filter((range) => !this.#fixed.some((slot) => overlaps(slot, range)));
    moving.forEach(checkRange);
    this.#slots = [
      ...this.#fixed,
      ...moving.map(({ base, length, device }) => new Slot(base, length, device)),
    ].sort((a, b) => start(a) - start(b));
    this.#last = undefined;
  }

  #find(low: number, high: number): Slot | undefined {
    if (Atomics.load(this.#moving.generation, 0) !== this.#seen) {
      this.#refresh();
    }
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
