import { type Accessor, i32, struct, u16, u32, u8 } from '@crosvm/data-model';
import { VIRTIO_MSI_NO_VECTOR } from '@crosvm/virtio-sys';

import type { StateArea } from '../../front-end/front-end';
import { MsixTable } from '../../pci/msix';
import { MAX_DEVICE_CONFIG } from '../device-page';

/** The guest-visible state of a virtio device, but for its configuration space, queues and vectors. */
const virtio_pci_state = struct('virtio_pci_state', {
  lock: i32,
  /** The back end serves the device. */
  active: u8,
  /** The back end was asked to, and has not acknowledged a reset since. */
  engaged: u8,
  /** It did not acknowledge a reset: it is never asked to serve the device again. */
  lost: u8,
  /** VIRTIO_CONFIG_S_*, as the driver wrote them. */
  status: u8,
  /** The device has given up, on our side. */
  needs_reset: u8,
  config_generation: u8,
  queue_select: u16,
  msix_config: u16,
  /** MSI-X is enabled, as of the last time that interrupts were connected. */
  msix_mode: u16,
  device_feature_select: u32,
  driver_feature_select: u32,
  driver_feature_low: u32,
  driver_feature_high: u32,
  /** The version of the device page's config bytes that `deviceConfig` has. */
  config_seen: i32,
});

/** A queue's registers. */
const virtio_pci_queue = struct('virtio_pci_queue', {
  size: u16,
  vector: u16,
  enabled: u8,
  /** The driver has reset it: it may be set up anew while the device runs. */
  was_reset: u8,
  desc_low: u32,
  desc_high: u32,
  avail_low: u32,
  avail_high: u32,
  used_low: u32,
  used_high: u32,
});

/** What an interrupt wire is connected to. */
const virtio_pci_wire = struct('virtio_pci_wire', {
  /** One of `WireKind`. */
  kind: u32,
  address_low: u32,
  address_high: u32,
  data: u32,
});

/** What a wire is connected to. */
export const WireKind = { Nothing: 0, Msi: 1, Pin: 2 } as const;

/** An accessor of the device's registers. */
export type VirtioPciRegisters = Accessor<(typeof virtio_pci_state)['fields']>;
/** An accessor of a queue's registers. */
export type QueueRegisters = Accessor<(typeof virtio_pci_queue)['fields']>;
/** An accessor of what a wire is connected to. */
export type WireState = Accessor<(typeof virtio_pci_wire)['fields']>;

const CONFIG_AT = virtio_pci_state.size;
const QUEUES_AT = CONFIG_AT + MAX_DEVICE_CONFIG;

/** What a driver finds in `queue_reset`, `queue_size` and so on is shared bytes; this is where. */
export class VirtioPciState {
  readonly registers: VirtioPciRegisters;
  /** The copy of the device's own configuration that the guest sees. */
  readonly deviceConfig: Uint8Array;
  /** The MSI-X table's bytes. */
  readonly msixTable: Uint8Array;
  readonly queueCount: number;
  readonly #queue: QueueRegisters;
  readonly #wire: WireState;
  readonly #queuesAt: number;
  readonly #wiresAt: number;

  constructor({ buffer, offset }: StateArea, queueCount: number) {
    const view = new DataView(buffer);
    const wires = queueCount + 1;
    this.queueCount = queueCount;
    this.#queuesAt = offset + QUEUES_AT;
    this.#wiresAt = this.#queuesAt + queueCount * virtio_pci_queue.size;
    const tableAt = this.#wiresAt + wires * virtio_pci_wire.size;
    this.registers = virtio_pci_state.over(view, offset);
    this.deviceConfig = new Uint8Array(buffer, offset + CONFIG_AT, MAX_DEVICE_CONFIG);
    this.msixTable = new Uint8Array(buffer, tableAt, MsixTable.stateSize(wires));
    this.#queue = virtio_pci_queue.over(view, offset);
    this.#wire = virtio_pci_wire.over(view, offset);
  }

  /** Bytes of state of a device with that many queues; it has one vector more. */
  static size(queueCount: number): number {
    const queues = queueCount * virtio_pci_queue.size;
    const wires = (queueCount + 1) * virtio_pci_wire.size;
    return QUEUES_AT + queues + wires + MsixTable.stateSize(queueCount + 1);
  }

  /** The registers of queue `index`, which exists; one accessor, moved at the next call. */
  queue(index: number): QueueRegisters {
    return this.#queue.rebase(this.#queuesAt + index * virtio_pci_queue.size);
  }

  /** Wire `index`, which exists: of a queue, or the last one. One accessor, moved at the next call. */
  wire(index: number): WireState {
    return this.#wire.rebase(this.#wiresAt + index * virtio_pci_wire.size);
  }

  /** Puts queue `index` to what it is after a reset. Virtio 1.2, 4.1.4.3.1. */
  resetQueue(index: number, maxSize: number): void {
    const queue = this.queue(index);
    queue.size = maxSize;
    queue.vector = VIRTIO_MSI_NO_VECTOR;
    queue.enabled = 0;
    queue.was_reset = 0;
    queue.desc_low = 0;
    queue.desc_high = 0;
    queue.avail_low = 0;
    queue.avail_high = 0;
    queue.used_low = 0;
    queue.used_high = 0;
  }

  /** Puts the registers to what they are after a reset: zero, as far as they can be. */
  resetRegisters(queueMaxSizes: readonly number[]): void {
    const { registers } = this;
    registers.active = 0;
    registers.status = 0;
    registers.needs_reset = 0;
    registers.queue_select = 0;
    registers.msix_config = VIRTIO_MSI_NO_VECTOR;
    registers.device_feature_select = 0;
    registers.driver_feature_select = 0;
    registers.driver_feature_low = 0;
    registers.driver_feature_high = 0;
    queueMaxSizes.forEach((size, index) => this.resetQueue(index, size));
  }
}
