import {
  VIRTIO_MSI_NO_VECTOR,
  VIRTIO_PCI_COMMON_CFGGENERATION,
  virtio_pci_common_cfg_1_2,
  VIRTIO_PCI_COMMON_DF,
  VIRTIO_PCI_COMMON_DFSELECT,
  VIRTIO_PCI_COMMON_GF,
  VIRTIO_PCI_COMMON_GFSELECT,
  VIRTIO_PCI_COMMON_MSIX,
  VIRTIO_PCI_COMMON_NUMQ,
  VIRTIO_PCI_COMMON_Q_AVAILHI,
  VIRTIO_PCI_COMMON_Q_AVAILLO,
  VIRTIO_PCI_COMMON_Q_DESCHI,
  VIRTIO_PCI_COMMON_Q_DESCLO,
  VIRTIO_PCI_COMMON_Q_ENABLE,
  VIRTIO_PCI_COMMON_Q_MSIX,
  VIRTIO_PCI_COMMON_Q_NOFF,
  VIRTIO_PCI_COMMON_Q_RESET,
  VIRTIO_PCI_COMMON_Q_SELECT,
  VIRTIO_PCI_COMMON_Q_SIZE,
  VIRTIO_PCI_COMMON_Q_USEDHI,
  VIRTIO_PCI_COMMON_Q_USEDLO,
  VIRTIO_PCI_COMMON_STATUS,
} from '@crosvm/virtio-sys';

import { type AccessWidth, allOnes, type BusDevice } from '../../bus/bus-device';
import type { VirtioDevice } from './device';
import type { DeviceConfig } from './device-config';
import type { VirtioInterrupts } from './interrupts';
import type { VirtioPciState } from './state';

/** Bytes of the structure. */
export const COMMON_SIZE = virtio_pci_common_cfg_1_2.size;

/** By byte of the structure: where its field begins, and how many bytes that has. */
const FIELD_AT = new Uint8Array(COMMON_SIZE);
const FIELD_SIZE = new Uint8Array(COMMON_SIZE);

for (const [name, { size }] of Object.entries(virtio_pci_common_cfg_1_2.fields)) {
  const at = virtio_pci_common_cfg_1_2.offsetOf(
    name as keyof typeof virtio_pci_common_cfg_1_2.fields,
  );
  FIELD_AT.fill(at, at, at + size);
  FIELD_SIZE.fill(size, at, at + size);
}

/** What the registers act on. */
export interface CommonConfigParts {
  readonly state: VirtioPciState;
  readonly device: VirtioDevice;
  readonly interrupts: VirtioInterrupts;
  readonly deviceConfig: DeviceConfig;
  readonly queueMaxSizes: readonly number[];
}

/**
 * The common configuration structure. Virtio 1.2, 4.1.4.3.
 *
 * A driver must access each field as a whole (4.1.3.1). One that does not gets what registers with
 * byte enables do: reads are put together from the fields, and a write to a part of a field is a write
 * of the field whose other bytes stay as they are.
 */
export class CommonConfig implements BusDevice {
  readonly #parts: CommonConfigParts;

  constructor(parts: CommonConfigParts) {
    this.#parts = parts;
  }

  read(offset: number, width: AccessWidth): number {
    if (FIELD_AT[offset] === offset && FIELD_SIZE[offset] === width) {
      return this.#readField(offset);
    }
    let value = 0;
    for (let index = 0; index < width; index += 1) {
      value |= this.#readByte(offset + index) << (8 * index);
    }
    return value >>> 0;
  }

  write(offset: number, width: AccessWidth, value: number): void {
    if (FIELD_AT[offset] === offset && FIELD_SIZE[offset] === width) {
      this.#writeField(offset, value);
      return;
    }
    for (let index = 0; index < width;) {
      const field = FIELD_AT[offset + index];
      const size = FIELD_SIZE[offset + index];
      if (field === undefined || size === undefined) {
        return;
      }
      const first = offset + index - field;
      const bytes = Math.min(size - first, width - index);
      const mask = allOnes(4) >>> (32 - 8 * bytes);
      const piece = ((value >>> (8 * index)) & mask) << (8 * first);
      const kept = this.#readField(field) & ~(mask << (8 * first));
      this.#writeField(field, (kept | piece) >>> 0);
      index += bytes;
    }
  }

  #readByte(at: number): number {
    const field = FIELD_AT[at];
    return field === undefined ? 0 : (this.#readField(field) >>> (8 * (at - field))) & 0xff;
  }

  #readField(field: number): number {
    const { state, device, deviceConfig, queueMaxSizes } = this.#parts;
    const { registers } = state;
    switch (field) {
      case VIRTIO_PCI_COMMON_DFSELECT:
        return registers.device_feature_select;
      case VIRTIO_PCI_COMMON_DF:
        return device.offered(registers.device_feature_select);
      case VIRTIO_PCI_COMMON_GFSELECT:
        return registers.driver_feature_select;
      case VIRTIO_PCI_COMMON_GF:
        return this.#driverFeature();
      case VIRTIO_PCI_COMMON_MSIX:
        return registers.msix_config;
      case VIRTIO_PCI_COMMON_NUMQ:
        return queueMaxSizes.length;
      case VIRTIO_PCI_COMMON_STATUS:
        return device.status;
      case VIRTIO_PCI_COMMON_CFGGENERATION:
        return deviceConfig.generation;
      case VIRTIO_PCI_COMMON_Q_SELECT:
        return registers.queue_select;
      default:
        return this.#readQueueField(field, registers.queue_select);
    }
  }

  #writeField(field: number, value: number): void {
    const { state, device, interrupts } = this.#parts;
    const { registers } = state;
    switch (field) {
      case VIRTIO_PCI_COMMON_DFSELECT:
        registers.device_feature_select = value;
        break;
      case VIRTIO_PCI_COMMON_GFSELECT:
        registers.driver_feature_select = value;
        break;
      case VIRTIO_PCI_COMMON_GF:
        this.#writeDriverFeature(value);
        break;
      case VIRTIO_PCI_COMMON_MSIX: {
        const previous = registers.msix_config;
        registers.msix_config = interrupts.acceptVector(value);
        interrupts.configVectorChanged(previous);
        break;
      }
      case VIRTIO_PCI_COMMON_STATUS:
        device.writeStatus(value);
        break;
      case VIRTIO_PCI_COMMON_Q_SELECT:
        registers.queue_select = value;
        break;
      default:
        this.#writeQueueField(field, registers.queue_select, value);
    }
  }

  #driverFeature(): number {
    const { registers } = this.#parts.state;
    switch (registers.driver_feature_select) {
      case 0:
        return registers.driver_feature_low;
      case 1:
        return registers.driver_feature_high;
      default:
        return 0;
    }
  }

  #writeDriverFeature(value: number): void {
    const { state, device } = this.#parts;
    const { registers } = state;
    if (!device.takesFeatures) {
      return;
    }
    if (registers.driver_feature_select === 0) {
      registers.driver_feature_low = value;
    } else if (registers.driver_feature_select === 1) {
      registers.driver_feature_high = value;
    }
  }

  /** Of a queue that there is not, everything is 0, and so its size (4.1.4.3.1), but the vector. */
  #readQueueField(field: number, index: number): number {
    const { state } = this.#parts;
    if (index >= state.queueCount) {
      return field === VIRTIO_PCI_COMMON_Q_MSIX ? VIRTIO_MSI_NO_VECTOR : 0;
    }
    const queue = state.queue(index);
    switch (field) {
      case VIRTIO_PCI_COMMON_Q_SIZE:
        return queue.size;
      case VIRTIO_PCI_COMMON_Q_MSIX:
        return queue.vector;
      case VIRTIO_PCI_COMMON_Q_ENABLE:
        return queue.enabled;
      case VIRTIO_PCI_COMMON_Q_NOFF:
        return index;
      case VIRTIO_PCI_COMMON_Q_DESCLO:
        return queue.desc_low;
      case VIRTIO_PCI_COMMON_Q_DESCHI:
        return queue.desc_high;
      case VIRTIO_PCI_COMMON_Q_AVAILLO:
        return queue.avail_low;
      case VIRTIO_PCI_COMMON_Q_AVAILHI:
        return queue.avail_high;
      case VIRTIO_PCI_COMMON_Q_USEDLO:
        return queue.used_low;
      case VIRTIO_PCI_COMMON_Q_USEDHI:
        return queue.used_high;
      default:
        // queue_notify_data is not offered, and a reset of a queue is never under way.
        return 0;
    }
  }

  #writeQueueField(field: number, index: number, value: number): void {
    const { state, device, interrupts } = this.#parts;
    if (index >= state.queueCount) {
      return;
    }
    if (field === VIRTIO_PCI_COMMON_Q_MSIX) {
      // Not frozen with the rest: nothing in 4.1.5.1.2 says so, and it is no part of the ring.
      const queue = state.queue(index);
      const previous = queue.vector;
      queue.vector = interrupts.acceptVector(value);
      interrupts.queueVectorChanged(index, previous);
    } else if (field === VIRTIO_PCI_COMMON_Q_RESET) {
      if (value === 1) {
        device.resetQueue(index);
      }
    } else if (device.takesQueueSetup(index)) {
      this.#setUpQueue(field, index, value);
    }
  }

  #setUpQueue(field: number, index: number, value: number): void {
    const { state, device } = this.#parts;
    const queue = state.queue(index);
    switch (field) {
      case VIRTIO_PCI_COMMON_Q_SIZE:
        this.#resizeQueue(index, value);
        break;
      case VIRTIO_PCI_COMMON_Q_ENABLE:
        // The driver must not write 0 (4.1.4.3.2).
        if (value === 1) {
          device.enableQueue(index);
        }
        break;
      case VIRTIO_PCI_COMMON_Q_DESCLO:
        queue.desc_low = value;
        break;
      case VIRTIO_PCI_COMMON_Q_DESCHI:
        queue.desc_high = value;
        break;
      case VIRTIO_PCI_COMMON_Q_AVAILLO:
        queue.avail_low = value;
        break;
      case VIRTIO_PCI_COMMON_Q_AVAILHI:
        queue.avail_high = value;
        break;
      case VIRTIO_PCI_COMMON_Q_USEDLO:
        queue.used_low = value;
        break;
      case VIRTIO_PCI_COMMON_Q_USEDHI:
        queue.used_high = value;
        break;
    }
  }

  /** A power of two (2.7), and no more than there is room for (4.1.4.3.2: reduce only). */
  #resizeQueue(index: number, size: number): void {
    const { state, queueMaxSizes } = this.#parts;
    if (size >= 1 && size <= (queueMaxSizes[index] ?? 0) && (size & (size - 1)) === 0) {
      state.queue(index).size = size;
    }
  }
}
