import { type AccessWidth, allOnes, type BusDevice, loadValue, storeValue } from './bus-device';

/** Ports of the x86 I/O space. */
export const PORT_COUNT = 0x1_0000;

/** Slots are bytes and slot 0 means nobody. */
const MAX_RANGES = 255;

/** A device on a range of I/O ports. */
export interface PortRange {
  /** The first port. */
  readonly base: number;
  /** Ports in the range. */
  readonly length: number;
  readonly device: BusDevice;
  /**
   * The range answers aligned 4-byte accesses only; all others go to whoever else has the port. The
   * PCI address register at 0xCF8 is like that: 0xCF9 in its middle is the reset register.
   */
  readonly dwordOnly?: boolean;
}

/** A string instruction's transfer, in the words of `kvm_run.io`: its accessor fits as it is. */
export interface PortString {
  readonly port: number;
  /** Bytes of one element: 1, 2 or 4. */
  readonly size: number;
  /** Elements that go through the one port. */
  readonly count: number;
}

/** What the table points to; a class, so that all entries have one shape. */
class Slot {
  constructor(
    readonly base: number,
    readonly end: number,
    readonly device: BusDevice,
  ) {}
}

function checkRange({ base, length }: PortRange): void {
  const whole = Number.isInteger(base) && Number.isInteger(length);
  if (!whole || base < 0 || length < 1 || base + length > PORT_COUNT) {
    throw new RangeError(`${length} ports at ${base} are outside the I/O space`);
  }
}

/**
 * The x86 I/O ports: a table from port to device, one instance a vCPU thread.
 *
 * Accesses that are misaligned, or that leave the range they start in, are split into smaller ones,
 * as the hardware's bus bridge does. Where nobody is, reads answer all ones and writes are ignored.
 */
export class PortBus {
  readonly #table = new Uint8Array(PORT_COUNT);
  #dwordTable: Uint8Array | undefined;
  readonly #slots: (Slot | undefined)[] = [undefined];

  /**
   * Puts a device on its ports.
   * @throws RangeError if ports are outside the I/O space or taken, or there are too many ranges
   */
  insert(range: PortRange): void {
    checkRange(range);
    const { base, length, device } = range;
    const table = range.dwordOnly ? this.#dwords() : this.#table;
    const taken = table.subarray(base, base + length).findIndex((slot) => slot !== 0);
    if (taken >= 0) {
      throw new RangeError(`port 0x${(base + taken).toString(16)} is taken`);
    }
    if (this.#slots.length > MAX_RANGES) {
      throw new RangeError(`more than ${MAX_RANGES} port ranges`);
    }
    table.fill(this.#slots.push(new Slot(base, base + length, device)) - 1, base, base + length);
  }

  /** Reads from `port` into `view` at byte `at`. */
  read(port: number, width: AccessWidth, view: DataView, at: number): void {
    storeValue(view, at, width, this.load(port, width));
  }

  /** Writes to `port` what `view` has at byte `at`. */
  write(port: number, width: AccessWidth, view: DataView, at: number): void {
    this.store(port, width, loadValue(view, at, width));
  }

  /** `REP INS`: reads every element from the one port into consecutive places from byte `at` on. */
  readString(io: PortString, view: DataView, at: number): void {
    const width = io.size as AccessWidth;
    const end = at + io.count * width;
    for (let place = at; place < end; place += width) {
      this.read(io.port, width, view, place);
    }
  }

  /** `REP OUTS`: writes the consecutive elements from byte `at` on to the one port. */
  writeString(io: PortString, view: DataView, at: number): void {
    const width = io.size as AccessWidth;
    const end = at + io.count * width;
    for (let place = at; place < end; place += width) {
      this.write(io.port, width, view, place);
    }
  }

  /** The unsigned value that a read of `width` bytes at `port` gives. */
  load(port: number, width: AccessWidth): number {
    const slot = this.#find(port, width);
    if (slot !== undefined) {
      return slot.device.read(port - slot.base, width);
    }
    return width === 1 ? 0xff : this.#loadHalves(port, width);
  }

  /** Writes the unsigned `value` of `width` bytes to `port`. */
  store(port: number, width: AccessWidth, value: number): void {
    const slot = this.#find(port, width);
    if (slot !== undefined) {
      slot.device.write(port - slot.base, width, value);
    } else if (width !== 1) {
      this.#storeHalves(port, width, value);
    }
  }

  /** The range that takes this access whole. */
  #find(port: number, width: AccessWidth): Slot | undefined {
    if ((port & (width - 1)) !== 0) {
      return undefined;
    }
    if (width === 4 && this.#dwordTable !== undefined && this.#dwordTable[port] !== 0) {
      return this.#slots[this.#dwordTable[port] ?? 0];
    }
    const slot = this.#slots[this.#table[port] ?? 0];
    return slot !== undefined && port + width <= slot.end ? slot : undefined;
  }

  #loadHalves(port: number, width: AccessWidth): number {
    const half = (width >> 1) as AccessWidth;
    const low = this.load(port, half);
    const high = this.load((port + half) & (PORT_COUNT - 1), half);
    return (low | (high << (half * 8))) >>> 0;
  }

  #storeHalves(port: number, width: AccessWidth, value: number): void {
    const half = (width >> 1) as AccessWidth;
    this.store(port, half, value & allOnes(half));
    this.store((port + half) & (PORT_COUNT - 1), half, (value >>> (half * 8)) & allOnes(half));
  }

  #dwords(): Uint8Array {
    this.#dwordTable ??= new Uint8Array(PORT_COUNT);
    return this.#dwordTable;
  }
}
