/*
 * The one BAR of a virtio device, 64 KiB:
 *
 *     0x0000  common configuration
 *     0x1000  ISR status
 *     0x2000  the device's own configuration
 *     0x3000  notifications: 4 bytes a queue
 *     0x4000  MSI-X pending bits
 *     0x8000  MSI-X table: 16 bytes a vector
 *
 * Structures have pages of their own, so that a guest can map one of them without the others, and so
 * that the upper bits of an offset say which it is.
 */

/** The number of the BAR's first register. */
export const VIRTIO_BAR = 0;
/** Bytes of the BAR. */
export const VIRTIO_BAR_SIZE = 0x1_0000;

export const COMMON_OFFSET = 0x0000;
export const ISR_OFFSET = 0x1000;
export const DEVICE_CONFIG_OFFSET = 0x2000;
export const NOTIFY_OFFSET = 0x3000;
export const MSIX_PENDING_OFFSET = 0x4000;
export const MSIX_TABLE_OFFSET = 0x8000;

/** Bytes of a structure's page. */
export const REGION_SIZE = 0x1000;

/** `notify_off_multiplier`: each queue has an address of its own. Virtio 1.2, 4.1.4.4. */
export const NOTIFY_MULTIPLIER = 4;

/** Queues that a device can have: their notifications fit into one page. */
export const MAX_QUEUES = REGION_SIZE / NOTIFY_MULTIPLIER;
