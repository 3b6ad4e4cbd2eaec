import { type AccessWidth, allOnes, type BusDevice } from '../bus/bus-device';
import type { PciFunction } from './pci-function';

/** CONFIG_ADDRESS, which answers 4-byte accesses only. PCI 3.0, 3.2.2.3.2. */
export const PCI_CONFIG_ADDRESS_PORT = 0xcf8;
/** CONFIG_DATA, of which any part can be accessed. */
export const PCI_CONFIG_DATA_PORT = 0xcfc;
/** Ports of each of the two. */
export const PCI_CONFIG_PORTS = 4;

/** Configuration cycles are generated: bit 31, the sign of the word. */
const ENABLE = -0x8000_0000;
/** Bits of CONFIG_ADDRESS that are not reserved, which read zero. */
const ADDRESS_BITS = ENABLE | 0x00ff_fffc;

/** The word of shared state that is CONFIG_ADDRESS: signed, so that it never allocates. */
export class ConfigAddress implements BusDevice {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(buffer, offset, 1);
  }

  get value(): number {
    return Atomics.load(this.#words, 0);
  }

  set value(value: number) {
    Atomics.store(this.#words, 0, value & ADDRESS_BITS);
  }

  read(_offset: number, width: AccessWidth): number {
    return width === 4 ? this.value >>> 0 : allOnes(width);
  }

  write(_offset: number, width: AccessWidth, value: number): void {
    if (width === 4) {
      this.value = value;
    }
  }
}

/**
 * CONFIG_DATA: configuration mechanism #1. One bus, one function a slot; where nobody is, reads
 * answer all ones (PCI 3.0, 6.1: so the vendor is 0xFFFF) and writes are dropped.
 */
export class ConfigData implements BusDevice {
  readonly #address: ConfigAddress;
  readonly #slots: readonly PciFunction[];

  /** @param slots the functions by slot */
  constructor(address: ConfigAddress, slots: readonly PciFunction[]) {
    this.#address = address;
    this.#slots = slots;
  }

  read(offset: number, width: AccessWidth): number {
    const address = this.#address.value;
    const target = this.#target(address);
    return target === undefined
      ? allOnes(width)
      : target.readConfig((address & 0xfc) + (offset & 3), width);
  }

  write(offset: number, width: AccessWidth, value: number): void {
    const address = this.#address.value;
    this.#target(address)?.writeConfig((address & 0xfc) + (offset & 3), width, value);
  }

  #target(address: number): PciFunction | undefined {
    // Bits 23 to 16: the bus; 10 to 8: the function. All of them are 0 for what there is.
    if ((address & (ENABLE | 0x00ff_0700)) !== ENABLE) {
      return undefined;
    }
    return this.#slots[(address >> 11) & 0x1f];
  }
}
