import { addr64, flexible, i32, io, ior, iow, iowr, struct, u32 } from '@crosvm/data-model';

/*
 * Virtqueues that the kernel serves. Source: linux/vhost.h, linux/vhost_types.h.
 */

/** The ioctl group of vhost devices. */
const VHOST_VIRTIO = 0xaf;
const INT_BYTES = 4;
const U64_BYTES = 8;

/** Feature: writes are logged. */
export const VHOST_F_LOG_ALL = 26;
/** Feature of vhost-net: it adds and strips the header, because the backend has none. */
export const VHOST_NET_F_VIRTIO_NET_HDR = 27;

/** A number about a queue: its size, or how far it was used. */
export const vhost_vring_state = struct('vhost_vring_state', {
  index: u32,
  num: u32,
});

/** A descriptor for a queue. */
export const vhost_vring_file = struct('vhost_vring_file', {
  index: u32,
  /** -1 (VHOST_FILE_UNBIND): none. */
  fd: i32,
});

/** Where a queue is, in addresses of the owner's process. */
export const vhost_vring_addr = struct('vhost_vring_addr', {
  index: u32,
  flags: u32,
  desc_user_addr: addr64,
  used_user_addr: addr64,
  avail_user_addr: addr64,
  log_guest_addr: addr64,
});

/** A region of guest memory, whole pages. */
export const vhost_memory_region = struct('vhost_memory_region', {
  guest_phys_addr: addr64,
  memory_size: addr64,
  /** Where the owner's process has it. */
  userspace_addr: addr64,
  flags_padding: addr64,
});

/** All regions of guest memory. */
export const vhost_memory = struct('vhost_memory', {
  nregions: u32,
  padding: u32,
  regions: flexible(vhost_memory_region),
});

/** What the kernel can do: features of the device and of its queues, 64 bits. */
export const VHOST_GET_FEATURES = ior('VHOST_GET_FEATURES', VHOST_VIRTIO, 0x00, U64_BYTES);
/** What was negotiated, before the backend is set. */
export const VHOST_SET_FEATURES = iow('VHOST_SET_FEATURES', VHOST_VIRTIO, 0x00, U64_BYTES);
/** The calling process owns the device from now on: addresses are its own. */
export const VHOST_SET_OWNER = io('VHOST_SET_OWNER', VHOST_VIRTIO, 0x01);
/** Nobody owns the device, which is as it was at first. */
export const VHOST_RESET_OWNER = io('VHOST_RESET_OWNER', VHOST_VIRTIO, 0x02);
/** Where guest memory is. */
export const VHOST_SET_MEM_TABLE = iow('VHOST_SET_MEM_TABLE', VHOST_VIRTIO, 0x03, vhost_memory);
/** How many descriptors a queue has. */
export const VHOST_SET_VRING_NUM = iow(
  'VHOST_SET_VRING_NUM',
  VHOST_VIRTIO,
  0x10,
  vhost_vring_state,
);
/** Where a queue is. */
export const VHOST_SET_VRING_ADDR = iow(
  'VHOST_SET_VRING_ADDR',
  VHOST_VIRTIO,
  0x11,
  vhost_vring_addr,
);
/** Which entry of the available ring comes next. */
export const VHOST_SET_VRING_BASE = iow(
  'VHOST_SET_VRING_BASE',
  VHOST_VIRTIO,
  0x12,
  vhost_vring_state,
);
/** Asks which entry of the available ring comes next, and stops a vsock queue. */
export const VHOST_GET_VRING_BASE = iowr(
  'VHOST_GET_VRING_BASE',
  VHOST_VIRTIO,
  0x12,
  vhost_vring_state,
);
/** The eventfd by which the driver notifies. */
export const VHOST_SET_VRING_KICK = iow(
  'VHOST_SET_VRING_KICK',
  VHOST_VIRTIO,
  0x20,
  vhost_vring_file,
);
/** The eventfd by which the driver is interrupted. */
export const VHOST_SET_VRING_CALL = iow(
  'VHOST_SET_VRING_CALL',
  VHOST_VIRTIO,
  0x21,
  vhost_vring_file,
);
/** The eventfd that tells of a queue that cannot be used. */
export const VHOST_SET_VRING_ERR = iow('VHOST_SET_VRING_ERR', VHOST_VIRTIO, 0x22, vhost_vring_file);
/** vhost-net: the TAP interface behind a queue, which starts the queue; or none, which stops it. */
export const VHOST_NET_SET_BACKEND = iow(
  'VHOST_NET_SET_BACKEND',
  VHOST_VIRTIO,
  0x30,
  vhost_vring_file,
);
/** vhost-vsock: the address of the guest, 64 bits. */
export const VHOST_VSOCK_SET_GUEST_CID = iow(
  'VHOST_VSOCK_SET_GUEST_CID',
  VHOST_VIRTIO,
  0x60,
  U64_BYTES,
);
/** vhost-vsock: starts or stops its queues. */
export const VHOST_VSOCK_SET_RUNNING = iow(
  'VHOST_VSOCK_SET_RUNNING',
  VHOST_VIRTIO,
  0x61,
  INT_BYTES,
);
