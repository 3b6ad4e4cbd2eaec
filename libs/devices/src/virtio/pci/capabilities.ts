import {
  VIRTIO_PCI_CAP_COMMON_CFG,
  VIRTIO_PCI_CAP_DEVICE_CFG,
  VIRTIO_PCI_CAP_ISR_CFG,
  VIRTIO_PCI_CAP_NOTIFY_CFG,
  VIRTIO_PCI_CAP_PCI_CFG,
  virtio_pci_cap,
  virtio_pci_cfg_cap,
  virtio_pci_notify_cap,
} from '@crosvm/virtio-sys';

import { type Capability, placeCapabilities, type PlacedCapabilities } from '../../pci/header';
import { msixCapability } from '../../pci/msix';
import { PCI_CAP_ID_VNDR } from '../../pci/registers';
import { COMMON_SIZE } from './common-config';
import type { VirtioPciConfig } from './config';
import {
  COMMON_OFFSET,
  DEVICE_CONFIG_OFFSET,
  ISR_OFFSET,
  MSIX_PENDING_OFFSET,
  MSIX_TABLE_OFFSET,
  NOTIFY_MULTIPLIER,
  NOTIFY_OFFSET,
  VIRTIO_BAR,
} from './layout';

/** The capabilities of a device, in configuration space, and which of them is which. */
export interface VirtioCapabilities {
  readonly placed: PlacedCapabilities;
  /** The number of the MSI-X capability. */
  readonly msix: number;
  /** The number of the PCI configuration access capability. */
  readonly pciAccess: number;
}

interface Structure {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

function cap({ type, offset, length }: Structure, size: number): object {
  const id = { cap_vndr: PCI_CAP_ID_VNDR, cap_len: size, cfg_type: type };
  return { ...id, bar: VIRTIO_BAR, offset, length };
}

function structure(type: number, offset: number, length: number): Capability {
  return { content: virtio_pci_cap.from(cap({ type, offset, length }, virtio_pci_cap.size)) };
}

function notifications(queues: number): Capability {
  const where = {
    type: VIRTIO_PCI_CAP_NOTIFY_CFG,
    offset: NOTIFY_OFFSET,
    // 4.1.4.4.1: at least two bytes behind the last offset.
    length: Math.max(queues, 1) * NOTIFY_MULTIPLIER,
  };
  const content = virtio_pci_notify_cap.from({
    cap: cap(where, virtio_pci_notify_cap.size),
    notify_off_multiplier: NOTIFY_MULTIPLIER,
  });
  return { content };
}

/** The driver writes where the window goes, and what goes through it. */
function pciAccess(): Capability {
  const { size } = virtio_pci_cfg_cap;
  const nowhere = { type: VIRTIO_PCI_CAP_PCI_CFG, offset: 0, length: 0 };
  const writable = virtio_pci_cfg_cap.from({
    cap: { bar: 0xff, offset: 0xffff_ffff, length: 0xffff_ffff },
    pci_cfg_data: [0xff, 0xff, 0xff, 0xff],
  });
  return { content: virtio_pci_cfg_cap.from({ cap: cap(nowhere, size) }), writable };
}

/** By what they depend on: the disks of a machine have all the same. */
const known = new Map<string, VirtioCapabilities>();

/** The capabilities of a virtio device. Virtio 1.2, 4.1.4. */
export function virtioCapabilities(config: VirtioPciConfig): VirtioCapabilities {
  const queues = config.queueMaxSizes.length;
  const key = `${queues} ${config.configSize}`;
  const found = known.get(key) ?? makeCapabilities(queues, config.configSize);
  known.set(key, found);
  return found;
}

function makeCapabilities(queues: number, configSize: number): VirtioCapabilities {
  const msix = msixCapability({
    vectors: queues + 1,
    bar: VIRTIO_BAR,
    tableOffset: MSIX_TABLE_OFFSET,
    pendingOffset: MSIX_PENDING_OFFSET,
  });
  const access = pciAccess();
  // 4.1.4.6: only for a device that has a configuration.
  const own = structure(VIRTIO_PCI_CAP_DEVICE_CFG, DEVICE_CONFIG_OFFSET, configSize);
  // Drivers look for the structures one after another, each time from the start: these come first, in
  // the order in which Linux looks for them, for each step of the way is an exit.
  const list = [
    structure(VIRTIO_PCI_CAP_COMMON_CFG, COMMON_OFFSET, COMMON_SIZE),
    structure(VIRTIO_PCI_CAP_ISR_CFG, ISR_OFFSET, 1),
    notifications(queues),
    ...(configSize > 0 ? [own] : []),
    msix,
    access,
  ];
  const placed = placeCapabilities(list);
  return { placed, msix: list.indexOf(msix), pciAccess: list.indexOf(access) };
}
