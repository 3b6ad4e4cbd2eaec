import {
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_MSI_NO_VECTOR,
  VIRTIO_PCI_ISR_CONFIG,
} from '@crosvm/virtio-sys';

import type { HostServices, InterruptWire } from '../../front-end/front-end';
import type { ConfigSpace } from '../../pci/config-space';
import type { MsixTable } from '../../pci/msix';
import type { InterruptWirePlan } from '../../pci/pci-host';
import {
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  PCI_COMMAND_MASTER,
  PCI_MSIX_FLAGS,
  PCI_MSIX_FLAGS_ENABLE,
  PCI_MSIX_FLAGS_MASKALL,
} from '../../pci/registers';
import type { BackEndLink } from './back-end-link';
import type { VirtioPciConfig } from './config';
import { type VirtioPciState, WireKind, type WireState } from './state';

/** What a device's interrupts depend on. */
export interface VirtioInterruptParts {
  readonly state: VirtioPciState;
  readonly config: VirtioPciConfig;
  readonly host: HostServices;
  readonly space: ConfigSpace;
  /** Where the MSI-X capability is in configuration space. */
  readonly msixAt: number;
  readonly table: MsixTable;
  readonly link: BackEndLink;
}

/**
 * Connects the wires of a device, one a queue and one for its configuration, to what the guest wants
 * to be interrupted by.
 *
 *     MSI-X enabled:  wire -> its vector's message, unless there is none, or it is masked
 *     else:           wire -> the pin, unless the guest disabled that, or the device does not run
 *
 * A wire that is connected to nothing collects signals in its eventfd, and they are sent when it is
 * connected again. So an eventfd that is readable while its vector is masked *is* the pending bit
 * (PCI 3.0, 6.8.2.10), whoever signals it: a process, a thread, or the kernel's vhost.
 */
export class VirtioInterrupts {
  readonly #parts: VirtioInterruptParts;
  readonly #wires: (InterruptWire | undefined)[] = [];

  constructor(parts: VirtioInterruptParts) {
    this.#parts = parts;
  }

  /** The wire of changes of the configuration. */
  get #configWire(): number {
    return this.#parts.state.queueCount;
  }

  get #control(): number {
    const { space, msixAt } = this.#parts;
    return space.read(msixAt + PCI_MSIX_FLAGS, 2);
  }

  get #isRunning(): boolean {
    return (this.#parts.state.registers.status & VIRTIO_CONFIG_S_DRIVER_OK) !== 0;
  }

  get #command(): number {
    return this.#parts.space.read(PCI_COMMAND, 2);
  }

  /** Whether there is an interrupt for the pin, asserted or not. */
  get isPinPending(): boolean {
    const { state, link } = this.#parts;
    return state.registers.msix_mode === 0 && this.#isRunning && link.page.isr !== 0;
  }

  /** Something changed: the message control, the command register, or whether the device runs. */
  update(): void {
    const { registers } = this.#parts.state;
    const mode = (this.#control & PCI_MSIX_FLAGS_ENABLE) === 0 ? 0 : 1;
    if (mode !== registers.msix_mode) {
      this.#changeMode(mode);
    }
    for (let index = 0; index <= this.#configWire; index += 1) {
      this.#connect(index);
    }
  }

  /** The guest wrote to the table's entry of `vector`. */
  vectorWritten(vector: number): void {
    for (let index = 0; index <= this.#configWire; index += 1) {
      if (this.#vectorOf(index) === vector) {
        this.#connect(index);
      }
    }
  }

  /**
   * What a driver reads back after it wrote `value` to a vector register: NO_VECTOR if there is no
   * such vector. Virtio 1.2, 4.1.5.1.2.1.
   */
  acceptVector(value: number): number {
    return value < this.#parts.table.vectors ? value : VIRTIO_MSI_NO_VECTOR;
  }

  /** The vector of queue `index` is another one; it was `previous`. */
  queueVectorChanged(index: number, previous: number): void {
    this.#vectorChanged(index, previous);
  }

  /** The vector of changes of the configuration is another one; it was `previous`. */
  configVectorChanged(previous: number): void {
    this.#vectorChanged(this.#configWire, previous);
  }

  /** Forgets what was signalled and not sent: after a reset, when nobody signals any more. */
  clear(): void {
    for (let index = 0; index <= this.#configWire; index += 1) {
      this.#wire(index).clear();
    }
  }

  /** Forgets what was signalled for queue `index` and not sent. */
  clearQueue(index: number): void {
    this.#wire(index).clear();
  }

  /** Tells the driver of a change of the configuration, or of NEEDS_RESET. */
  raiseConfig(): void {
    this.#parts.link.page.raiseIsr(VIRTIO_PCI_ISR_CONFIG);
    this.#wire(this.#configWire).raise();
  }

  /** Whether the vector has an interrupt that could not be sent. */
  isPending(vector: number): boolean {
    const { state, table } = this.#parts;
    if (vector >= table.vectors || state.registers.msix_mode === 0) {
      return false;
    }
    for (let index = 0; index <= this.#configWire; index += 1) {
      const waits = this.#vectorOf(index) === vector && state.wire(index).kind === WireKind.Nothing;
      if (waits && this.#wire(index).pending) {
        return true;
      }
    }
    return false;
  }

  #wire(index: number): InterruptWire {
    const { host } = this.#parts;
    return (this.#wires[index] ??= host.interrupt(this.#plan(index).fd));
  }

  #plan(index: number): InterruptWirePlan {
    const plan = this.#parts.config.wires[index];
    if (plan === undefined) {
      throw new RangeError(`wire ${index}`);
    }
    return plan;
  }

  #vectorOf(index: number): number {
    const { state } = this.#parts;
    return index === this.#configWire ? state.registers.msix_config : state.queue(index).vector;
  }

  #vectorChanged(index: number, previous: number): void {
    const { state } = this.#parts;
    // What was signalled while there was no vector is no interrupt of the new one.
    if (previous === VIRTIO_MSI_NO_VECTOR && state.registers.msix_mode !== 0) {
      this.#wire(index).clear();
    }
    this.#connect(index);
  }

  #changeMode(mode: number): void {
    const { state, link } = this.#parts;
    for (let index = 0; index <= this.#configWire; index += 1) {
      this.#disconnect(index, state.wire(index));
    }
    this.clear();
    state.registers.msix_mode = mode;
    if (mode === 0 && this.#isRunning && link.page.isr !== 0) {
      // The level that the pin has from now on.
      this.#wire(this.#configWire).raise();
    }
  }

  #connect(index: number): void {
    const wire = this.#parts.state.wire(index);
    if (this.#parts.state.registers.msix_mode === 0) {
      this.#connectPin(index, wire);
    } else {
      this.#connectMessage(index, wire);
    }
  }

  #connectPin(index: number, wire: WireState): void {
    const { config, host } = this.#parts;
    if (!this.#isRunning || (this.#command & PCI_COMMAND_INTX_DISABLE) !== 0) {
      this.#disconnect(index, wire);
    } else if (wire.kind !== WireKind.Pin) {
      this.#disconnect(index, wire);
      host.pci.connectIntx(this.#plan(index), config.intx);
      wire.kind = WireKind.Pin;
    }
  }

  #connectMessage(index: number, wire: WireState): void {
    const vector = this.#vectorOf(index);
    if (!this.#sends(vector)) {
      this.#disconnect(index, wire);
      return;
    }
    const message = this.#parts.table.message(vector);
    const { addressLow, addressHigh, data } = message;
    const same =
      wire.kind === WireKind.Msi &&
      wire.address_low === addressLow &&
      wire.address_high === addressHigh &&
      wire.data === data;
    if (!same) {
      this.#parts.host.pci.connectMsi(this.#plan(index), message);
      wire.kind = WireKind.Msi;
      wire.address_low = addressLow;
      wire.address_high = addressHigh;
      wire.data = data;
    }
  }

  /** Whether a vector's message may be sent: it is a memory write of the function (6.8.2). */
  #sends(vector: number): boolean {
    return (
      vector < this.#parts.table.vectors &&
      (this.#command & PCI_COMMAND_MASTER) !== 0 &&
      (this.#control & PCI_MSIX_FLAGS_MASKALL) === 0 &&
      !this.#parts.table.isMasked(vector)
    );
  }

  #disconnect(index: number, wire: WireState): void {
    const { config, host } = this.#parts;
    const { kind } = wire;
    if (kind !== WireKind.Nothing) {
      wire.kind = WireKind.Nothing;
      const plan = this.#plan(index);
      host.pci.disconnect(plan, kind === WireKind.Pin ? config.intx.gsi : plan.gsi);
    }
  }
}
