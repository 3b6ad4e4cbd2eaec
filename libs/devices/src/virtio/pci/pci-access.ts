import { virtio_pci_cap, virtio_pci_cfg_cap } from '@crosvm/virtio-sys';

import { type AccessWidth, allOnes, type BusDevice } from '../../bus/bus-device';
import type { ConfigSpace } from '../../pci/config-space';
import { VirtioBar } from './bar';
import { VIRTIO_BAR } from './layout';

/**
 * The PCI configuration access capability: a window of four bytes in configuration space through which
 * a driver without mapped BARs, a firmware's, reaches them. Virtio 1.2, 4.1.4.9.
 */
export class PciAccess {
  readonly #space: ConfigSpace;
  readonly #at: number;
  readonly #bar: BusDevice;

  /**
   * @param at where the capability is in configuration space
   * @param bar the BAR without its lock, which the caller holds
   */
  constructor(space: ConfigSpace, at: number, bar: BusDevice) {
    this.#space = space;
    this.#at = at;
    this.#bar = bar;
  }

  /** Where the window is. */
  get dataAt(): number {
    return this.#at + virtio_pci_cfg_cap.offsetOf('pci_cfg_data');
  }

  /** The window is about to be read: reads from the BAR into it; all ones if it is no such access. */
  read(): void {
    const width = this.#width();
    const value = width === 0 ? allOnes(4) : this.#bar.read(this.#offset, width);
    this.#space.set(this.dataAt, value);
  }

  /** The window was written: writes from it to the BAR. */
  write(): void {
    const width = this.#width();
    if (width !== 0) {
      const value = this.#space.read(this.dataAt, 4);
      this.#bar.write(this.#offset, width, (value & allOnes(width)) >>> 0);
    }
  }

  get #offset(): number {
    return this.#space.read(this.#at + virtio_pci_cap.offsetOf('offset'), 4);
  }

  /** 1, 2 or 4; 0 if what the driver wrote is no access (4.1.4.9.2). */
  #width(): AccessWidth | 0 {
    const bar = this.#space.read(this.#at + virtio_pci_cap.offsetOf('bar'), 1);
    const length = this.#space.read(this.#at + virtio_pci_cap.offsetOf('length'), 4);
    const isWidth = length === 1 || length === 2 || length === 4;
    return isWidth && bar === VIRTIO_BAR && VirtioBar.holds(this.#offset, length) ? length : 0;
  }
}
