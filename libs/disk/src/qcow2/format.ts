import { be32, be64, bytes, struct, u8 } from '@crosvm/data-model';

/*
 * The qcow2 format, after docs/interop/qcow2.txt of QEMU, whose words these are. All numbers are
 * big-endian. An image is a file of clusters of 2^cluster_bits bytes:
 *
 *     guest offset -> L1 table (one) -> L2 tables (a cluster each) -> data clusters
 *     cluster      -> refcount table (one) -> refcount blocks (a cluster each) -> how often it is used
 */

/** "QFI\xfb". */
export const QCOW_MAGIC = 0x5146_49fb;

/** The header of version 2; that of version 3 goes on. */
export const qcow2_header = struct(
  'qcow2_header',
  {
    magic: be32,
    version: be32,
    backing_file_offset: be64,
    backing_file_size: be32,
    cluster_bits: be32,
    size: be64,
    crypt_method: be32,
    l1_size: be32,
    l1_table_offset: be64,
    refcount_table_offset: be64,
    refcount_table_clusters: be32,
    nb_snapshots: be32,
    snapshots_offset: be64,
  },
  { packed: true },
);

/** What version 3 has behind that. Features are halves of 64 bits each. */
export const qcow2_header_v3 = struct(
  'qcow2_header_v3',
  {
    incompatible_high: be32,
    incompatible_low: be32,
    compatible_high: be32,
    compatible_low: be32,
    autoclear_high: be32,
    autoclear_low: be32,
    refcount_order: be32,
    header_length: be32,
    compression_type: u8,
    padding: bytes(7),
  },
  { packed: true },
);

/** Bytes of the shortest header of version 3: the compression type is optional. */
export const MIN_V3_HEADER_BYTES = 104;

/** A header extension; its data follows, padded to 8 bytes. */
export const qcow2_extension = struct('qcow2_extension', { type: be32, length: be32 });

export const EXTENSION_END = 0;
/** The name of the backing file's format. */
export const EXTENSION_BACKING_FORMAT = 0xe279_2aca;

/** Incompatible features, by their bits in the lower half. */
export const INCOMPATIBLE_DIRTY = 1 << 0;
export const INCOMPATIBLE_CORRUPT = 1 << 1;
export const INCOMPATIBLE_EXTERNAL_DATA = 1 << 2;
export const INCOMPATIBLE_COMPRESSION_TYPE = 1 << 3;
export const INCOMPATIBLE_EXTENDED_L2 = 1 << 4;

/** The compression type of raw deflate streams, without which the feature bit is clear. */
export const COMPRESSION_ZLIB = 0;

/** Bytes of an entry of the L1, L2 and refcount tables. */
export const ENTRY_BYTES = 8;

/* Bits of entries, in the upper or lower 32 of their 64. */

/** L1 and L2: nobody else uses the cluster, so it may be written in place. */
export const ENTRY_COPIED_HIGH = 0x8000_0000;
/** L2: a compressed cluster. */
export const ENTRY_COMPRESSED_HIGH = 0x4000_0000;
/** L1 and L2: the upper bits of the offset. */
export const ENTRY_OFFSET_HIGH = 0x00ff_ffff;
/** L1, and L2 of clusters that are not compressed: must be zero. */
export const ENTRY_RESERVED_HIGH = 0x3f00_0000;
/** The lower bits of the offset, which is one of 512 bytes at least. */
export const ENTRY_OFFSET_LOW = 0xffff_fe00;
/** L2, version 3: the cluster reads as zeroes. */
export const ENTRY_ZERO_LOW = 1;

/** Compressed clusters are stored in units of this. */
export const COMPRESSED_SECTOR_BYTES = 512;

export const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;

/** Most bytes of an L1 table, as QEMU has it. */
export const MAX_L1_BYTES = 32 * 2 ** 20;
/** Most bytes of a refcount table, as QEMU has it. */
export const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20;
/** Most bytes of the disk in an image, so that a check of it comes to an end soon. */
export const MAX_VIRTUAL_BYTES = 64 * 2 ** 40;
/** Most bytes of a backing file's name. */
export const MAX_BACKING_NAME_BYTES = 1023;
