import { addr64, bytes, struct, u32 } from '@crosvm/data-model';

/*
 * Wayland for guests, as the kernels of Chromium OS know it. No specification has it. Source:
 * include/linux/virtio_wl.h, include/uapi/linux/virtwl.h and drivers/virtio/virtio_wl.c of the Chromium OS
 * kernel; the device's number is crosvm's. Both queues carry messages that begin with a
 * `virtio_wl_ctrl_hdr`; a "vfd" is what stands for a descriptor of the host in the guest.
 */

/** The device's type: behind those that were ever given out. */
export const VIRTIO_ID_WL = 63;

/** Feature: `flags` of a vfd say how it can be used; before, they said what it is. */
export const VIRTIO_WL_F_TRANS_FLAGS = 1;

/** The queue on which the device tells the driver something. */
export const VIRTWL_VQ_IN = 0;
/** The queue on which the driver asks. */
export const VIRTWL_VQ_OUT = 1;
/** Bytes of the buffers that the driver gives to the device. */
export const VIRTWL_IN_BUFFER_SIZE = 4096;
/** `pfn` counts pages of that many bits of address. */
export const VIRTWL_PFN_SHIFT = 12;
/** Most vfds that are sent with one message, in either direction. */
export const VIRTWL_SEND_MAX_ALLOCS = 28;

/** Vfds that the device makes have this bit in their id, those of the driver have not. */
export const VFD_HOST_VFD_ID_BIT = 0x4000_0000;
/** No vfd has this bit in its id. */
export const VFD_ILLEGAL_SIGN_BIT = 0x8000_0000;

/** Make shared memory: `virtio_wl_ctrl_vfd_new`. To the driver: there is a vfd from now on. */
export const VIRTIO_WL_CMD_VFD_NEW = 0x100;
/** Close: `virtio_wl_ctrl_vfd`. */
export const VIRTIO_WL_CMD_VFD_CLOSE = 0x101;
/** Send: `virtio_wl_ctrl_vfd_send`, ids, data. */
export const VIRTIO_WL_CMD_VFD_SEND = 0x102;
/** To the driver: something came: `virtio_wl_ctrl_vfd_recv`, ids, data. */
export const VIRTIO_WL_CMD_VFD_RECV = 0x103;
/** Connect to the compositor: `virtio_wl_ctrl_vfd_new`. */
export const VIRTIO_WL_CMD_VFD_NEW_CTX = 0x104;
/** Make a pipe, one end of which is to be sent: `virtio_wl_ctrl_vfd_new`. */
export const VIRTIO_WL_CMD_VFD_NEW_PIPE = 0x105;
/** To the driver: the other end is gone: `virtio_wl_ctrl_vfd`. */
export const VIRTIO_WL_CMD_VFD_HUP = 0x106;
/** Make a DMA buffer: `virtio_wl_ctrl_vfd_new_dmabuf`. */
export const VIRTIO_WL_CMD_VFD_NEW_DMABUF = 0x107;
/** Synchronize accesses to a DMA buffer: `virtio_wl_ctrl_vfd_dmabuf_sync`. */
export const VIRTIO_WL_CMD_VFD_DMABUF_SYNC = 0x108;
/** Send: `virtio_wl_ctrl_vfd_send`, `virtio_wl_ctrl_vfd_send_vfd`s, data. */
export const VIRTIO_WL_CMD_VFD_SEND_FOREIGN_ID = 0x109;
/** Connect to a socket by its name: `virtio_wl_ctrl_vfd_new_ctx_named`. */
export const VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED = 0x10a;

/** Done. */
export const VIRTIO_WL_RESP_OK = 0x1000;
/** Done, and this is the vfd: `virtio_wl_ctrl_vfd_new`. */
export const VIRTIO_WL_RESP_VFD_NEW = 0x1001;
/** Done, and this is the DMA buffer: `virtio_wl_ctrl_vfd_new_dmabuf`. */
export const VIRTIO_WL_RESP_VFD_NEW_DMABUF = 0x1002;
/** It failed; the driver says ENODEV to who asked. */
export const VIRTIO_WL_RESP_ERR = 0x1100;
/** There is not enough of something: ENOMEM. */
export const VIRTIO_WL_RESP_OUT_OF_MEMORY = 0x1101;
/** There is no such id, or there is one already: ENOENT. */
export const VIRTIO_WL_RESP_INVALID_ID = 0x1102;
/** That cannot be done with such a vfd: EINVAL. */
export const VIRTIO_WL_RESP_INVALID_TYPE = 0x1103;
/** Flags that mean nothing there: EPERM. */
export const VIRTIO_WL_RESP_INVALID_FLAGS = 0x1104;
/** No such command, or it is malformed: ENOTTY. */
export const VIRTIO_WL_RESP_INVALID_CMD = 0x1105;

/** The guest writes to it. */
export const VIRTIO_WL_VFD_WRITE = 0x1;
/** The guest reads from it. Without TRANS_FLAGS this bit is `VIRTIO_WL_VFD_MAP`. */
export const VIRTIO_WL_VFD_READ = 0x2;
/** Without TRANS_FLAGS: the guest may map it. */
export const VIRTIO_WL_VFD_MAP = 0x2;
/** Without TRANS_FLAGS: it is a connection. */
export const VIRTIO_WL_VFD_CONTROL = 0x4;

/** `virtio_wl_ctrl_vfd_send_vfd.kind`: `id` is a vfd's. */
export const VIRTIO_WL_CTRL_VFD_SEND_KIND_LOCAL = 0;
/** `virtio_wl_ctrl_vfd_send_vfd.kind`: `id` is that of a resource of virtio-gpu. */
export const VIRTIO_WL_CTRL_VFD_SEND_KIND_VIRTGPU = 1;

/** What every message begins with. */
export const virtio_wl_ctrl_hdr = struct('virtio_wl_ctrl_hdr', {
  type: u32,
  /** Always 0. */
  flags: u32,
});

/** A message about a vfd that is there. */
export const virtio_wl_ctrl_vfd = struct('virtio_wl_ctrl_vfd', {
  hdr: virtio_wl_ctrl_hdr,
  vfd_id: u32,
});

const NEW_FIELDS = {
  hdr: virtio_wl_ctrl_hdr,
  vfd_id: u32,
  flags: u32,
  /** The first page frame in the guest; 0 if it is no memory. Ignored by the device. */
  pfn: addr64,
  /** Bytes. */
  size: u32,
} as const;

/** A message about a new vfd, in both directions, without what follows for some commands. */
export const virtio_wl_ctrl_vfd_new = struct('virtio_wl_ctrl_vfd_new', NEW_FIELDS);

/** `virtio_wl_ctrl_vfd_new` with its member `dmabuf`. */
export const virtio_wl_ctrl_vfd_new_dmabuf = struct('virtio_wl_ctrl_vfd_new_dmabuf', {
  ...NEW_FIELDS,
  width: u32,
  height: u32,
  format: u32,
  stride0: u32,
  stride1: u32,
  stride2: u32,
  offset0: u32,
  offset1: u32,
  offset2: u32,
});

/** `virtio_wl_ctrl_vfd_new` with its member `name`, which ends with a NUL unless it is full. */
export const virtio_wl_ctrl_vfd_new_ctx_named = struct('virtio_wl_ctrl_vfd_new_ctx_named', {
  ...NEW_FIELDS,
  name: bytes(32),
});

/** Before the ids and the data that are to be sent. */
export const virtio_wl_ctrl_vfd_send = struct('virtio_wl_ctrl_vfd_send', {
  hdr: virtio_wl_ctrl_hdr,
  vfd_id: u32,
  vfd_count: u32,
});

/** An id of `VIRTIO_WL_CMD_VFD_SEND_FOREIGN_ID`. */
export const virtio_wl_ctrl_vfd_send_vfd = struct('virtio_wl_ctrl_vfd_send_vfd', {
  kind: u32,
  id: u32,
});

/** Before the ids and the data that came. */
export const virtio_wl_ctrl_vfd_recv = struct('virtio_wl_ctrl_vfd_recv', {
  hdr: virtio_wl_ctrl_hdr,
  vfd_id: u32,
  vfd_count: u32,
});

/** Begins or ends accesses to a DMA buffer. */
export const virtio_wl_ctrl_vfd_dmabuf_sync = struct('virtio_wl_ctrl_vfd_dmabuf_sync', {
  hdr: virtio_wl_ctrl_hdr,
  vfd_id: u32,
  flags: u32,
});
