import { addr64, flexible, struct, u16, u32 } from '@crosvm/data-model';

/*
 * Split rings. Source: linux/virtio_ring.h; virtio 1.2, 2.7.
 */

/** The descriptor goes on in the one that `next` names. */
export const VRING_DESC_F_NEXT = 1;
/** The device writes the buffer; else it reads it. */
export const VRING_DESC_F_WRITE = 2;
/** The buffer is a table of descriptors. */
export const VRING_DESC_F_INDIRECT = 4;

/** In `vring_used.flags`: the driver need not notify. */
export const VRING_USED_F_NO_NOTIFY = 1;
/** In `vring_avail.flags`: the device need not interrupt. */
export const VRING_AVAIL_F_NO_INTERRUPT = 1;

/** Feature: tables of descriptors. */
export const VIRTIO_RING_F_INDIRECT_DESC = 28;
/** Feature: each side says at which index it wants to be notified. */
export const VIRTIO_RING_F_EVENT_IDX = 29;

/** Alignment of the available ring, in bytes. */
export const VRING_AVAIL_ALIGN_SIZE = 2;
/** Alignment of the used ring, in bytes. */
export const VRING_USED_ALIGN_SIZE = 4;
/** Alignment of the descriptor table, in bytes. */
export const VRING_DESC_ALIGN_SIZE = 16;

/** A buffer, or a piece of one. */
export const vring_desc = struct('vring_desc', {
  addr: addr64,
  len: u32,
  flags: u16,
  next: u16,
});

/** The available ring, which the driver writes; behind the entries is the `used_event` index. */
export const vring_avail = struct('vring_avail', {
  flags: u16,
  idx: u16,
  ring: flexible(u16),
});

/** A chain of descriptors that was used. */
export const vring_used_elem = struct('vring_used_elem', {
  /** The index of its first descriptor. */
  id: u32,
  /** Bytes written to it. */
  len: u32,
});

/** The used ring, which the device writes; behind the entries is the `avail_event` index. */
export const vring_used = struct('vring_used', {
  flags: u16,
  idx: u16,
  ring: flexible(vring_used_elem),
});
