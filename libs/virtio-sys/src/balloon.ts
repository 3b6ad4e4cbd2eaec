import { struct, u16, u32, u64 } from '@crosvm/data-model';

/*
 * Memory that the guest gives back. Source: linux/virtio_balloon.h; virtio 1.2, 5.5.
 */

/** Feature: pages are used again only after the device was told. */
export const VIRTIO_BALLOON_F_MUST_TELL_HOST = 0;
/** Feature: the queue of statistics. */
export const VIRTIO_BALLOON_F_STATS_VQ = 1;
/** Feature: the guest takes pages back when it is out of memory. */
export const VIRTIO_BALLOON_F_DEFLATE_ON_OOM = 2;
/** Feature: the queue of hints about free pages. */
export const VIRTIO_BALLOON_F_FREE_PAGE_HINT = 3;
/** Feature: the guest says what its free pages are filled with. */
export const VIRTIO_BALLOON_F_PAGE_POISON = 4;
/** Feature: the queue that reports free pages. */
export const VIRTIO_BALLOON_F_REPORTING = 5;

/** A page's number is its address without this many bits, whatever pages the guest has itself. */
export const VIRTIO_BALLOON_PFN_SHIFT = 12;

/** The device configuration of a balloon. */
export const virtio_balloon_config = struct('virtio_balloon_config', {
  /** Pages that the guest is to give. */
  num_pages: u32,
  /** Pages that it gave; written by the driver. */
  actual: u32,
  free_page_hint_cmd_id: u32,
  poison_val: u32,
});

/** Bytes swapped in. */
export const VIRTIO_BALLOON_S_SWAP_IN = 0;
/** Bytes swapped out. */
export const VIRTIO_BALLOON_S_SWAP_OUT = 1;
/** Page faults that read from a disk. */
export const VIRTIO_BALLOON_S_MAJFLT = 2;
/** Page faults that did not. */
export const VIRTIO_BALLOON_S_MINFLT = 3;
/** Bytes that are not used for anything. */
export const VIRTIO_BALLOON_S_MEMFREE = 4;
/** Bytes in all. */
export const VIRTIO_BALLOON_S_MEMTOT = 5;
/** Bytes that programs could have without swapping. */
export const VIRTIO_BALLOON_S_AVAIL = 6;
/** Bytes of caches that could be had back at once. */
export const VIRTIO_BALLOON_S_CACHES = 7;
/** Huge pages that were allocated. */
export const VIRTIO_BALLOON_S_HTLB_PGALLOC = 8;
/** Huge pages that could not be allocated. */
export const VIRTIO_BALLOON_S_HTLB_PGFAIL = 9;

/** A statistic. */
export const virtio_balloon_stat = struct(
  'virtio_balloon_stat',
  {
    /** VIRTIO_BALLOON_S_*. */
    tag: u16,
    val: u64,
  },
  { packed: true },
);
