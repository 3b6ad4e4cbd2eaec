import { array, bytes, struct, u16, u32, u8 } from '@crosvm/data-model';

/*
 * The PCI transport. Source: linux/virtio_pci.h; virtio 1.2, 4.1.
 */

/** The PCI vendor of all virtio devices. Virtio 1.2, 4.1.2.1; not in the header. */
export const VIRTIO_PCI_VENDOR_ID = 0x1af4;
/** The PCI device id is this plus the virtio device id. Virtio 1.2, 4.1.2; not in the header. */
export const VIRTIO_PCI_DEVICE_ID_BASE = 0x1040;

/** In the ISR status: a queue needs service. Virtio 1.2, 4.1.4.5; not in the header. */
export const VIRTIO_PCI_ISR_QUEUE = 0x1;
/** In the ISR status: the configuration changed. */
export const VIRTIO_PCI_ISR_CONFIG = 0x2;
/** The MSI-X vector that is none. */
export const VIRTIO_MSI_NO_VECTOR = 0xffff;

/** `cfg_type`: common configuration. */
export const VIRTIO_PCI_CAP_COMMON_CFG = 1;
/** `cfg_type`: notifications. */
export const VIRTIO_PCI_CAP_NOTIFY_CFG = 2;
/** `cfg_type`: ISR status. */
export const VIRTIO_PCI_CAP_ISR_CFG = 3;
/** `cfg_type`: the device's own configuration. */
export const VIRTIO_PCI_CAP_DEVICE_CFG = 4;
/** `cfg_type`: access to BARs through configuration space. */
export const VIRTIO_PCI_CAP_PCI_CFG = 5;
/** `cfg_type`: shared memory. */
export const VIRTIO_PCI_CAP_SHARED_MEMORY_CFG = 8;

/** A capability that says where one of the device's structures is. */
export const virtio_pci_cap = struct('virtio_pci_cap', {
  /** PCI_CAP_ID_VNDR. */
  cap_vndr: u8,
  cap_next: u8,
  cap_len: u8,
  cfg_type: u8,
  bar: u8,
  id: u8,
  padding: bytes(2),
  offset: u32,
  length: u32,
});

/** A capability with the upper halves of its 64-bit offset and length. */
export const virtio_pci_cap64 = struct('virtio_pci_cap64', {
  cap: virtio_pci_cap,
  offset_hi: u32,
  length_hi: u32,
});

/** Where a queue is notified: `offset + queue_notify_off * notify_off_multiplier`. */
export const virtio_pci_notify_cap = struct('virtio_pci_notify_cap', {
  cap: virtio_pci_cap,
  notify_off_multiplier: u32,
});

/** Access to BARs through configuration space. */
export const virtio_pci_cfg_cap = struct('virtio_pci_cfg_cap', {
  cap: virtio_pci_cap,
  pci_cfg_data: array(u8, 4),
});

/** The common configuration as the header has it; the specification's `driver_` is `guest_` here. */
export const virtio_pci_common_cfg = struct('virtio_pci_common_cfg', {
  device_feature_select: u32,
  device_feature: u32,
  guest_feature_select: u32,
  guest_feature: u32,
  msix_config: u16,
  num_queues: u16,
  device_status: u8,
  config_generation: u8,
  queue_select: u16,
  queue_size: u16,
  queue_msix_vector: u16,
  queue_enable: u16,
  queue_notify_off: u16,
  queue_desc_lo: u32,
  queue_desc_hi: u32,
  queue_avail_lo: u32,
  queue_avail_hi: u32,
  queue_used_lo: u32,
  queue_used_hi: u32,
});

/**
 * The common configuration with the fields that virtio 1.2 added (4.1.4.3). The header has no struct
 * of this name, but their offsets.
 */
export const virtio_pci_common_cfg_1_2 = struct('virtio_pci_common_cfg_1_2', {
  ...virtio_pci_common_cfg.fields,
  queue_notify_data: u16,
  queue_reset: u16,
});

export const VIRTIO_PCI_COMMON_DFSELECT = 0;
export const VIRTIO_PCI_COMMON_DF = 4;
export const VIRTIO_PCI_COMMON_GFSELECT = 8;
export const VIRTIO_PCI_COMMON_GF = 12;
export const VIRTIO_PCI_COMMON_MSIX = 16;
export const VIRTIO_PCI_COMMON_NUMQ = 18;
export const VIRTIO_PCI_COMMON_STATUS = 20;
export const VIRTIO_PCI_COMMON_CFGGENERATION = 21;
export const VIRTIO_PCI_COMMON_Q_SELECT = 22;
export const VIRTIO_PCI_COMMON_Q_SIZE = 24;
export const VIRTIO_PCI_COMMON_Q_MSIX = 26;
export const VIRTIO_PCI_COMMON_Q_ENABLE = 28;
export const VIRTIO_PCI_COMMON_Q_NOFF = 30;
export const VIRTIO_PCI_COMMON_Q_DESCLO = 32;
export const VIRTIO_PCI_COMMON_Q_DESCHI = 36;
export const VIRTIO_PCI_COMMON_Q_AVAILLO = 40;
export const VIRTIO_PCI_COMMON_Q_AVAILHI = 44;
export const VIRTIO_PCI_COMMON_Q_USEDLO = 48;
export const VIRTIO_PCI_COMMON_Q_USEDHI = 52;
export const VIRTIO_PCI_COMMON_Q_NDATA = 56;
export const VIRTIO_PCI_COMMON_Q_RESET = 58;
