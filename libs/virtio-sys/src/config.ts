/*
 * Device status and the feature bits that all devices share. Features are bit numbers, as in the
 * header: the mask is `1n << BigInt(VIRTIO_F_VERSION_1)`. Source: linux/virtio_config.h; virtio 1.2,
 * 2.1 and 6.
 */

/** The guest has seen the device. */
export const VIRTIO_CONFIG_S_ACKNOWLEDGE = 1;
/** The guest has a driver for it. */
export const VIRTIO_CONFIG_S_DRIVER = 2;
/** The driver is ready: the device may use its queues. */
export const VIRTIO_CONFIG_S_DRIVER_OK = 4;
/** Features are negotiated. */
export const VIRTIO_CONFIG_S_FEATURES_OK = 8;
/** The device cannot go on without a reset. */
export const VIRTIO_CONFIG_S_NEEDS_RESET = 0x40;
/** The guest gave up on the device. */
export const VIRTIO_CONFIG_S_FAILED = 0x80;

/** The first feature bit that belongs to the transport and the queues. */
export const VIRTIO_TRANSPORT_F_START = 28;

/** Not a legacy device. */
export const VIRTIO_F_VERSION_1 = 32;
/** Memory is reached as the platform says, such as through an IOMMU. */
export const VIRTIO_F_ACCESS_PLATFORM = 33;
/** Packed rings. */
export const VIRTIO_F_RING_PACKED = 34;
/** Buffers are used in the order in which they were made available. */
export const VIRTIO_F_IN_ORDER = 35;
/** Memory accesses are ordered as the platform says. */
export const VIRTIO_F_ORDER_PLATFORM = 36;
/** Single root I/O virtualization. */
export const VIRTIO_F_SR_IOV = 37;
/** The driver's notifications carry data. Virtio 1.2, 6; not in every version of the header. */
export const VIRTIO_F_NOTIFICATION_DATA = 38;
/** The device says what the driver is to notify with. Virtio 1.2, 6; not in every header. */
export const VIRTIO_F_NOTIF_CONFIG_DATA = 39;
/** Queues can be reset one by one. */
export const VIRTIO_F_RING_RESET = 40;
