import { VIRTIO_BLK_ID_BYTES } from '@crosvm/virtio-sys';

/** Bytes of a sector: the unit of the protocol, whatever the block size is. Virtio 1.2, 5.2.6. */
export const SECTOR_BYTES = 512;

/** The largest block size: Linux takes no disk with blocks larger than its pages. */
const MAX_BLOCK_BYTES = 4096;

/** How a disk is offered to the guest, with crosvm's names in comments. */
export interface DiskOptions {
  /** The guest may not write; whatever it negotiates. */
  readonly readOnly: boolean;
  /** What the guest discards is given back to the host. `sparse=`, default true. */
  readonly sparse?: boolean;
  /** Bytes of a logical block. `block_size=`, default 512. */
  readonly blockSize?: number;
  /** Reads and writes go past the host's page cache. `o_direct=`, default false. */
  readonly direct?: boolean;
  /** The serial number that the guest reads: up to 20 bytes of ASCII. `id=`, default none. */
  readonly id?: string;
  /** `format=`, default raw, whatever the contents look like. */
  readonly format?: DiskFormat;
  /** What a qcow2 image stands on, which is read only. `backing=`, default nothing. */
  readonly backing?: string;
  /** `backing_format=`, default raw. */
  readonly backingFormat?: DiskFormat;
}

/** What an image is. */
export type DiskFormat = 'raw' | 'qcow2';

/** A qcow2 image as its back end needs to know it. */
export interface Qcow2Config {
  readonly clusterBytes: number;
  /** Bytes that its file may come to have. */
  readonly maxFileBytes: number;
  /** There are compressed clusters. */
  readonly compressed: boolean;
  /** What is under it. */
  readonly backing?: BackingConfig;
}

/** What is under an image: raw, or qcow2 with nothing under it. */
export interface BackingConfig {
  /** Bytes of the disk. */
  readonly bytes: number;
  readonly qcow2?: Pick<Qcow2Config, 'maxFileBytes' | 'compressed'>;
}

/** A disk as its back end needs to know it: plain data, for another process. */
export interface DiskConfig {
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  readonly readOnly: boolean;
  readonly sparse: boolean;
  /** Bytes of a logical block. */
  readonly blockSize: number;
  readonly id: string;
  /** Queues, one a vCPU as a rule. */
  readonly queues: number;
  /** Of a qcow2 image; undefined: it is raw. */
  readonly qcow2?: Qcow2Config;
}

/** What is wrong with the options of a disk; undefined if nothing is. */
export function diskOptionsFault({
  blockSize = SECTOR_BYTES,
  id = '',
  format = 'raw',
  direct = false,
  backing,
}: DiskOptions): string | undefined {
  const isPower = Number.isInteger(blockSize) && (blockSize & (blockSize - 1)) === 0;
  if (!isPower || blockSize < SECTOR_BYTES || blockSize > MAX_BLOCK_BYTES) {
    return `block size ${blockSize} is not 512, 1024, 2048 or 4096`;
  }
  if (id.length > VIRTIO_BLK_ID_BYTES || !/^[\x20-\x7e]*$/.test(id)) {
    return `id '${id}' is not up to ${VIRTIO_BLK_ID_BYTES} printable ASCII characters`;
  }
  if (format === 'raw' && backing !== undefined) {
    return 'a raw image stands on no other file';
  }
  return format === 'qcow2' && direct ? 'o_direct is for raw images' : undefined;
}

/** The id as the guest reads it: 20 bytes, the rest zeroes. Virtio 1.2, 5.2.6. */
export function idBytes({ id }: Pick<DiskConfig, 'id'>): Uint8Array {
  const bytes = new Uint8Array(VIRTIO_BLK_ID_BYTES);
  bytes.set(Buffer.from(id, 'latin1').subarray(0, bytes.length));
  return bytes;
}
