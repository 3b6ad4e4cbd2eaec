import { type AccessWidth, loadValue, storeValue } from '../bus/bus-device';
import type { Capability } from './header';
import type { MsiMessage } from './pci-host';
import {
  PCI_CAP_ID_MSIX,
  PCI_MSIX_ENTRY_CTRL_MASKBIT,
  PCI_MSIX_ENTRY_DATA,
  PCI_MSIX_ENTRY_LOWER_ADDR,
  PCI_MSIX_ENTRY_SIZE,
  PCI_MSIX_ENTRY_UPPER_ADDR,
  PCI_MSIX_ENTRY_VECTOR_CTRL,
  PCI_MSIX_FLAGS_ENABLE,
  PCI_MSIX_FLAGS_MASKALL,
  PCI_MSIX_MAX_VECTORS,
} from './registers';

/** Where MSI-X structures are in a BAR. */
export interface MsixPlace {
  /** Vectors: 1 to 2048. */
  readonly vectors: number;
  /** The number of the BAR. */
  readonly bar: number;
  /** Of the table, from the start of the BAR; a multiple of 8. */
  readonly tableOffset: number;
  /** Of the pending bits, from the start of the BAR; a multiple of 8. */
  readonly pendingOffset: number;
}

/**
 * The MSI-X capability. PCI 3.0, 6.8.2.
 * @throws RangeError for a number of vectors that cannot be
 */
export function msixCapability(place: MsixPlace): Capability {
  const { vectors, bar, tableOffset, pendingOffset } = place;
  if (!(vectors >= 1 && vectors <= PCI_MSIX_MAX_VECTORS)) {
    throw new RangeError(`MSI-X with ${vectors} vectors`);
  }
  const content = new Uint8Array(12);
  const view = new DataView(content.buffer);
  content[0] = PCI_CAP_ID_MSIX;
  // Message control: the size of the table is read-only, and one less than it is (6.8.2.3).
  view.setUint16(2, vectors - 1, true);
  view.setUint32(4, tableOffset | bar, true);
  view.setUint32(8, pendingOffset | bar, true);
  const writable = new Uint8Array(12);
  const control = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
  new DataView(writable.buffer).setUint16(2, control, true);
  return { content, writable };
}

/**
 * An MSI-X table: what the guest writes into it and reads from it. PCI 3.0, 6.8.2.6 to 6.8.2.9.
 *
 * Entries beyond the last one read zero and ignore writes. Accesses that are not of 4 or 8 bytes are
 * undefined by the specification; here they do what they look like.
 */
export class MsixTable {
  readonly vectors: number;
  readonly #view: DataView;

  /** @param bytes shared state, 16 bytes a vector */
  constructor(bytes: Uint8Array) {
    this.vectors = bytes.length / PCI_MSIX_ENTRY_SIZE;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes of state for that many vectors. */
  static stateSize(vectors: number): number {
    return vectors * PCI_MSIX_ENTRY_SIZE;
  }

  /** Masks all vectors (6.8.2.9: the mask bit is 1 after a reset) and clears the rest. */
  reset(): void {
    for (let vector = 0; vector < this.vectors; vector += 1) {
      const at = vector * PCI_MSIX_ENTRY_SIZE;
      this.#view.setUint32(at + PCI_MSIX_ENTRY_LOWER_ADDR, 0, true);
      this.#view.setUint32(at + PCI_MSIX_ENTRY_UPPER_ADDR, 0, true);
      this.#view.setUint32(at + PCI_MSIX_ENTRY_DATA, 0, true);
      this.#view.setUint32(at + PCI_MSIX_ENTRY_VECTOR_CTRL, PCI_MSIX_ENTRY_CTRL_MASKBIT, true);
    }
  }

  /** The unsigned value at `offset` of the table. */
  read(offset: number, width: AccessWidth): number {
    return this.#holds(offset, width) ? loadValue(this.#view, offset, width) : 0;
  }

  /** Returns the vector whose entry was written, or -1. */
  write(offset: number, width: AccessWidth, value: number): number {
    if (!this.#holds(offset, width)) {
      return -1;
    }
    storeValue(this.#view, offset, width, value);
    const vector = Math.floor(offset / PCI_MSIX_ENTRY_SIZE);
    const control = vector * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;
    const kept = this.#view.getUint32(control, true) & PCI_MSIX_ENTRY_CTRL_MASKBIT;
    this.#view.setUint32(control, kept, true);
    return vector;
  }

  /** Whether the vector's own mask bit is set. */
  isMasked(vector: number): boolean {
    const control = vector * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;
    return (this.#view.getUint32(control, true) & PCI_MSIX_ENTRY_CTRL_MASKBIT) !== 0;
  }

  /** What the vector sends. */
  message(vector: number): MsiMessage {
    const at = vector * PCI_MSIX_ENTRY_SIZE;
    return {
      // A message goes to a 4-byte aligned address: the low bits are reserved (6.8.2.7).
      addressLow: (this.#view.getUint32(at + PCI_MSIX_ENTRY_LOWER_ADDR, true) & ~3) >>> 0,
      addressHigh: this.#view.getUint32(at + PCI_MSIX_ENTRY_UPPER_ADDR, true),
      data: this.#view.getUint32(at + PCI_MSIX_ENTRY_DATA, true),
    };
  }

  #holds(offset: number, width: AccessWidth): boolean {
    return offset >= 0 && offset <= this.#view.byteLength - width;
  }
}

/**
 * Reads pending bits: vector n is bit n of the array (PCI 3.0, 6.8.2.10), of which the guest can
 * write nothing.
 */
export function readPendingBits(
  offset: number,
  width: AccessWidth,
  isPending: (vector: number) => boolean,
): number {
  let bits = 0;
  for (let bit = 0; bit < width * 8; bit += 1) {
    if (isPending(offset * 8 + bit)) {
      bits |= 1 << bit;
    }
  }
  return bits >>> 0;
}
