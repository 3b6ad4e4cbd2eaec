import type { AccessWidth, BusDevice } from '../../bus/bus-device';
import { type MsixTable, readPendingBits } from '../../pci/msix';
import type { BackEndLink } from './back-end-link';
import type { CommonConfig } from './common-config';
import type { VirtioDevice } from './device';
import type { DeviceConfig } from './device-config';
import type { VirtioInterrupts } from './interrupts';
import {
  COMMON_OFFSET,
  DEVICE_CONFIG_OFFSET,
  ISR_OFFSET,
  MSIX_PENDING_OFFSET,
  MSIX_TABLE_OFFSET,
  NOTIFY_MULTIPLIER,
  NOTIFY_OFFSET,
  REGION_SIZE,
  VIRTIO_BAR_SIZE,
} from './layout';

/** What is in the BAR. */
export interface VirtioBarParts {
  readonly common: CommonConfig;
  readonly deviceConfig: DeviceConfig;
  readonly device: VirtioDevice;
  readonly table: MsixTable;
  readonly interrupts: VirtioInterrupts;
  readonly link: BackEndLink;
}

/**
 * The BAR of a virtio device, which `layout` has a picture of. To be used under the device's lock.
 * What is between the structures reads zero and ignores writes.
 */
export class VirtioBar implements BusDevice {
  readonly #parts: VirtioBarParts;

  constructor(parts: VirtioBarParts) {
    this.#parts = parts;
  }

  read(offset: number, width: AccessWidth): number {
    const { common, deviceConfig, table, interrupts, link } = this.#parts;
    if (offset >= MSIX_TABLE_OFFSET) {
      return table.read(offset - MSIX_TABLE_OFFSET, width);
    }
    const inside = offset & (REGION_SIZE - 1);
    switch (offset - inside) {
      case COMMON_OFFSET:
        return common.read(inside, width);
      case ISR_OFFSET:
        // Reading it clears it and lowers the pin. Virtio 1.2, 4.1.4.5.
        return inside === 0 ? link.page.takeIsr() : 0;
      case DEVICE_CONFIG_OFFSET:
        return deviceConfig.read(inside, width);
      case MSIX_PENDING_OFFSET:
        return readPendingBits(inside, width, (vector) => interrupts.isPending(vector));
      default:
        return 0;
    }
  }

  write(offset: number, width: AccessWidth, value: number): void {
    const { common, deviceConfig, device, table, interrupts } = this.#parts;
    if (offset >= MSIX_TABLE_OFFSET) {
      const vector = table.write(offset - MSIX_TABLE_OFFSET, width, value);
      if (vector >= 0) {
        interrupts.vectorWritten(vector);
      }
      return;
    }
    const inside = offset & (REGION_SIZE - 1);
    switch (offset - inside) {
      case COMMON_OFFSET:
        common.write(inside, width, value);
        break;
      case DEVICE_CONFIG_OFFSET:
        deviceConfig.write(inside, width, value);
        break;
      case NOTIFY_OFFSET:
        // The address says which queue it is; KVM lets writes through that it did not take itself.
        device.notify(Math.floor(inside / NOTIFY_MULTIPLIER));
        break;
    }
  }

  /** Whether an access lies inside the BAR, naturally aligned. */
  static holds(offset: number, width: number): boolean {
    return offset % width === 0 && offset <= VIRTIO_BAR_SIZE - width;
  }
}
