import { ImageError } from '../image-error';
import {
  ENTRY_BYTES,
  EXTENSION_BACKING_FORMAT,
  MAX_BACKING_NAME_BYTES,
  MAX_L1_BYTES,
  MAX_VIRTUAL_BYTES,
  MIN_V3_HEADER_BYTES,
  QCOW_MAGIC,
  qcow2_extension,
  qcow2_header,
  qcow2_header_v3,
} from './format';
import { l1EntriesOf } from './header';
import { type ImageShape, mostClusters } from './most-clusters';
import { refcountsPerBlock, writeRefcount } from './refcounts';

/** Bytes of a cluster of a new image, as in those of QEMU. */
const CLUSTER_BYTES = 64 * 1024;

const REFCOUNT_BITS = 16;

/** What a new image is to be like. */
export interface NewQcow2 {
  /** Bytes of the disk. */
  readonly virtualBytes: number;
  /** What it stands on. */
  readonly backing?: { readonly name: string; readonly format: string } | undefined;
  /** Default: 64 KiB. */
  readonly clusterBytes?: number;
  /** Bits of a refcount; default 16. */
  readonly refcountBits?: number;
}

/** The beginning of a new image, and how long its file is to be. */
export interface Qcow2Content {
  readonly bytes: Uint8Array;
  /** What is behind the bytes is zeroes. */
  readonly fileBytes: number;
}

/**
 * Makes an image of version 3 with nothing in it, whose refcount table is large enough for ever:
 *
 *     header | refcount table | refcount block | L1 table
 *
 * @throws ImageError if it cannot be so large, or the name of the backing file so long
 */
export function createQcow2({
  virtualBytes,
  backing,
  clusterBytes = CLUSTER_BYTES,
  refcountBits = REFCOUNT_BITS,
}: NewQcow2): Qcow2Content {
  const l1Entries = l1EntriesOf(virtualBytes, clusterBytes);
  if (virtualBytes > MAX_VIRTUAL_BYTES || l1Entries * ENTRY_BYTES > MAX_L1_BYTES) {
    throw new ImageError('UNSUPPORTED', `cannot be larger than ${MAX_VIRTUAL_BYTES / 2 ** 40} TiB`);
  }
  const shape = { virtualBytes, l1Entries, clusterBytes, refcountBits };
  const table = mostClusters(shape, 0).refcountTableClusters;
  const l1 = Math.ceil((l1Entries * ENTRY_BYTES) / clusterBytes);
  const perBlock = refcountsPerBlock(clusterBytes, refcountBits);
  let blocks = 1;
  while (1 + table + blocks + l1 > blocks * perBlock) {
    blocks += 1;
  }
  const l1Offset = (1 + table + blocks) * clusterBytes;
  const bytes = new Uint8Array(l1Offset);
  writeHeader(bytes, shape, { table, l1Offset });
  if (backing !== undefined) {
    writeBacking(bytes, backing);
  }
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < blocks; block += 1) {
    const offset = (1 + table + block) * clusterBytes;
    view.setUint32(clusterBytes + block * ENTRY_BYTES + 4, offset);
  }
  const counts = new DataView(bytes.buffer, (1 + table) * clusterBytes);
  const clusters = 1 + table + blocks + l1;
  for (let cluster = 0; cluster < clusters; cluster += 1) {
    writeRefcount(counts, cluster, { bits: refcountBits, value: 1 });
  }
  return { bytes, fileBytes: clusters * clusterBytes };
}

function writeHeader(
  bytes: Uint8Array,
  { virtualBytes, l1Entries, clusterBytes, refcountBits }: ImageShape,
  { table, l1Offset }: { readonly table: number; readonly l1Offset: number },
): void {
  bytes.set(
    qcow2_header.from({
      magic: QCOW_MAGIC,
      version: 3,
      cluster_bits: Math.log2(clusterBytes),
      size: virtualBytes,
      l1_size: l1Entries,
      l1_table_offset: l1Offset,
      refcount_table_offset: clusterBytes,
      refcount_table_clusters: table,
    }),
  );
  bytes.set(
    qcow2_header_v3
      .from({ refcount_order: Math.log2(refcountBits), header_length: MIN_V3_HEADER_BYTES })
      .subarray(0, MIN_V3_HEADER_BYTES - qcow2_header.size),
    qcow2_header.size,
  );
}

/** Names what is under the image, behind its header: the format, an end, the file. */
function writeBacking(bytes: Uint8Array, backing: NonNullable<NewQcow2['backing']>): void {
  const format = Buffer.from(backing.format);
  const name = Buffer.from(backing.name);
  if (name.length > MAX_BACKING_NAME_BYTES) {
    const message = `cannot name a backing file by more than ${MAX_BACKING_NAME_BYTES} bytes`;
    throw new ImageError('BACKING', message);
  }
  const extension = { type: EXTENSION_BACKING_FORMAT, length: format.length };
  bytes.set(qcow2_extension.from(extension), MIN_V3_HEADER_BYTES);
  bytes.set(format, MIN_V3_HEADER_BYTES + qcow2_extension.size);
  const end = MIN_V3_HEADER_BYTES + qcow2_extension.size + Math.ceil(format.length / 8) * 8;
  const at = end + qcow2_extension.size;
  bytes.set(name, at);
  const header = qcow2_header.over(new DataView(bytes.buffer), 0);
  header.backing_file_offset = at;
  header.backing_file_size = name.length;
}
