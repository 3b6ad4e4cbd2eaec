import { addr64, bytes, struct, u16, u32, u8 } from '@crosvm/data-model';

/*
 * Disks. Source: linux/virtio_blk.h; virtio 1.2, 5.2.
 */

/** Feature: `size_max` holds. */
export const VIRTIO_BLK_F_SIZE_MAX = 1;
/** Feature: `seg_max` holds. */
export const VIRTIO_BLK_F_SEG_MAX = 2;
/** Feature: `geometry` holds. */
export const VIRTIO_BLK_F_GEOMETRY = 4;
/** Feature: the disk is read-only. */
export const VIRTIO_BLK_F_RO = 5;
/** Feature: `blk_size` holds. */
export const VIRTIO_BLK_F_BLK_SIZE = 6;
/** Feature: flush requests. */
export const VIRTIO_BLK_F_FLUSH = 9;
/** Feature: the topology fields hold. */
export const VIRTIO_BLK_F_TOPOLOGY = 10;
/** Feature: the cache mode can be changed through `wce`. */
export const VIRTIO_BLK_F_CONFIG_WCE = 11;
/** Feature: more than one queue. */
export const VIRTIO_BLK_F_MQ = 12;
/** Feature: discard requests. */
export const VIRTIO_BLK_F_DISCARD = 13;
/** Feature: write zeroes requests. */
export const VIRTIO_BLK_F_WRITE_ZEROES = 14;
/** Feature: secure erase requests. */
export const VIRTIO_BLK_F_SECURE_ERASE = 16;

/** Bytes of the id that `VIRTIO_BLK_T_GET_ID` reads. */
export const VIRTIO_BLK_ID_BYTES = 20;

/** Legacy geometry. */
export const virtio_blk_geometry = struct('virtio_blk_geometry', {
  cylinders: u16,
  heads: u8,
  sectors: u8,
});

/** The device configuration of a disk; sectors are of 512 bytes whatever `blk_size` says. */
export const virtio_blk_config = struct(
  'virtio_blk_config',
  {
    /** Sectors. */
    capacity: addr64,
    size_max: u32,
    seg_max: u32,
    geometry: virtio_blk_geometry,
    blk_size: u32,
    physical_block_exp: u8,
    alignment_offset: u8,
    min_io_size: u16,
    opt_io_size: u32,
    wce: u8,
    unused: u8,
    num_queues: u16,
    max_discard_sectors: u32,
    max_discard_seg: u32,
    discard_sector_alignment: u32,
    max_write_zeroes_sectors: u32,
    max_write_zeroes_seg: u32,
    write_zeroes_may_unmap: u8,
    unused1: bytes(3),
    max_secure_erase_sectors: u32,
    max_secure_erase_seg: u32,
    secure_erase_sector_alignment: u32,
  },
  { packed: true },
);

/** Request: read. */
export const VIRTIO_BLK_T_IN = 0;
/** Request: write. */
export const VIRTIO_BLK_T_OUT = 1;
/** Request: put what was written on the disk for good. */
export const VIRTIO_BLK_T_FLUSH = 4;
/** Request: read the id. */
export const VIRTIO_BLK_T_GET_ID = 8;
/** Request: the contents of some ranges are not needed any more. */
export const VIRTIO_BLK_T_DISCARD = 11;
/** Request: write zeroes to a range. */
export const VIRTIO_BLK_T_WRITE_ZEROES = 13;
/** Request: erase ranges beyond recovery. */
export const VIRTIO_BLK_T_SECURE_ERASE = 14;

/** The first bytes of a request. */
export const virtio_blk_outhdr = struct('virtio_blk_outhdr', {
  /** VIRTIO_BLK_T_*. */
  type: u32,
  ioprio: u32,
  sector: addr64,
});

/** In `flags` of a write zeroes range: the sectors may be deallocated. */
export const VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP = 0x1;

/** A range to discard or to write zeroes to. */
export const virtio_blk_discard_write_zeroes = struct('virtio_blk_discard_write_zeroes', {
  sector: addr64,
  num_sectors: u32,
  flags: u32,
});

/** Status: done. */
export const VIRTIO_BLK_S_OK = 0;
/** Status: an error of the device or of the driver. */
export const VIRTIO_BLK_S_IOERR = 1;
/** Status: no such request. */
export const VIRTIO_BLK_S_UNSUPP = 2;
