import { type AccessWidth, allOnes, loadValue } from '../bus/bus-device';
import { PCI_CONFIG_SIZE } from './registers';

/** Some bytes of a function's configuration space as it is declared. */
export interface ConfigPart {
  /** Of the first byte. */
  readonly at: number;
  /** What they are after a reset. */
  readonly content: Uint8Array;
  /** The bits of them that the guest can write, in as many bytes; none if left out. */
  readonly writable?: Uint8Array;
}

/** A whole configuration space as it is declared: 256 bytes each. */
export interface ConfigImage {
  /** What it is after a reset. */
  readonly content: Uint8Array;
  /** Which bits the guest can write. */
  readonly writable: Uint8Array;
}

function littleEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => value >>> (8 * index));
}

/**
 * Declares one register.
 * @param bytes 1 to 4
 * @param writable the bits of it that the guest can write
 */
export function register(at: number, bytes: number, value: number, writable = 0): ConfigPart {
  return { at, content: littleEndian(value, bytes), writable: littleEndian(writable, bytes) };
}

/**
 * Puts the parts of a configuration space together. What no part declares is reserved: it reads
 * zero and ignores writes (PCI 3.0, 6.1).
 * @throws RangeError if parts overlap or lie outside
 */
export function configImage(parts: readonly ConfigPart[]): ConfigImage {
  const content = new Uint8Array(PCI_CONFIG_SIZE);
  const writable = new Uint8Array(PCI_CONFIG_SIZE);
  const taken = new Uint8Array(PCI_CONFIG_SIZE);
  for (const part of parts) {
    const end = part.at + part.content.length;
    if (end > PCI_CONFIG_SIZE || taken.subarray(part.at, end).some((byte) => byte !== 0)) {
      throw new RangeError(
        `configuration space cannot have ${part.content.length} bytes at ${part.at}`,
      );
    }
    taken.fill(1, part.at, end);
    content.set(part.content, part.at);
    writable.set(part.writable ?? [], part.at);
  }
  return { content, writable };
}

/** The configuration space of one function: bytes, of which the guest can write some bits. */
export class ConfigSpace {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #image: ConfigImage;

  /** @param bytes 256 bytes of shared state */
  constructor(bytes: Uint8Array, image: ConfigImage) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#image = image;
  }

  /** Puts every register to what it is after a reset. */
  reset(): void {
    this.#bytes.set(this.#image.content);
  }

  /** The unsigned value at `offset`; all ones outside. */
  read(offset: number, width: AccessWidth): number {
    return offset >= 0 && offset <= PCI_CONFIG_SIZE - width
      ? loadValue(this.#view, offset, width)
      : allOnes(width);
  }

  /** Writes those bits that can be written. */
  write(offset: number, width: AccessWidth, value: number): void {
    if (!(offset >= 0 && offset <= PCI_CONFIG_SIZE - width)) {
      return;
    }
    for (let index = 0; index < width; index += 1) {
      const at = offset + index;
      const mask = this.#image.writable[at] ?? 0;
      const old = this.#bytes[at] ?? 0;
      this.#bytes[at] = (old & ~mask) | ((value >>> (8 * index)) & mask);
    }
  }

  /** Writes a register from the device's side, whatever the guest may write. */
  set(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }
}
