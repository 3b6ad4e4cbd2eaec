import { fits } from '@crosvm/data-model';

import { ImageError } from '../image-error';
import {
  COMPRESSION_ZLIB,
  ENTRY_BYTES,
  EXTENSION_BACKING_FORMAT,
  EXTENSION_END,
  INCOMPATIBLE_COMPRESSION_TYPE,
  INCOMPATIBLE_CORRUPT,
  INCOMPATIBLE_DIRTY,
  INCOMPATIBLE_EXTENDED_L2,
  INCOMPATIBLE_EXTERNAL_DATA,
  MAX_BACKING_NAME_BYTES,
  MAX_CLUSTER_BITS,
  MAX_L1_BYTES,
  MAX_REFCOUNT_TABLE_BYTES,
  MAX_VIRTUAL_BYTES,
  MIN_CLUSTER_BITS,
  MIN_V3_HEADER_BYTES,
  QCOW_MAGIC,
  qcow2_extension,
  qcow2_header,
  qcow2_header_v3,
} from './format';

/** Bytes of a file in which a header is looked for: those of its first cluster, and no more than these. */
export const HEADER_AREA_BYTES = 64 * 1024;

/** What the header of an image says; checked against itself, but not against the rest of the image. */
export interface Qcow2Header {
  readonly version: number;
  readonly clusterBytes: number;
  /** Bytes of the disk. */
  readonly virtualBytes: number;
  readonly l1Offset: number;
  /** Entries of the L1 table; there may be more than the disk needs. */
  readonly l1Entries: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  /** Bits of a refcount: 1, 2, 4, ... 64. */
  readonly refcountBits: number;
  readonly snapshots: number;
  /** It was not closed well: refcounts may be too low. */
  readonly dirty: boolean;
  /** Features that only hold as long as nobody writes who does not know them. */
  readonly hasAutoclear: boolean;
  /** The name of the file under it. It is never opened by that name. */
  readonly backing?: { readonly name: string; readonly format?: string };
}

/** Entries of an L2 table: it is a cluster. */
export function l2EntriesOf(clusterBytes: number): number {
  return clusterBytes / ENTRY_BYTES;
}

/** Entries of the L1 table that a disk needs. */
export function l1EntriesOf(virtualBytes: number, clusterBytes: number): number {
  return Math.ceil(virtualBytes / (clusterBytes * l2EntriesOf(clusterBytes)));
}

function corrupt(what: string): ImageError {
  return new ImageError('CORRUPT', `is corrupt: ${what}`);
}

function unsupported(what: string): ImageError {
  return new ImageError('UNSUPPORTED', what);
}

/**
 * Reads a header.
 * @param area the first bytes of the file, at most HEADER_AREA_BYTES
 * @throws ImageError
 */
export function parseHeader(area: Uint8Array): Qcow2Header {
  if (area.length < qcow2_header.size) {
    throw new ImageError('NOT_THIS_FORMAT', 'is no qcow2 image: it is too short');
  }
  const view = new DataView(area.buffer, area.byteOffset, area.length);
  const base = qcow2_header.over(view, 0);
  if (base.magic !== QCOW_MAGIC) {
    throw new ImageError('NOT_THIS_FORMAT', 'is no qcow2 image');
  }
  const { version, cluster_bits: clusterBits } = base;
  if (version !== 2 && version !== 3) {
    throw unsupported(`is a qcow2 image of version ${version}, which is not known`);
  }
  if (base.crypt_method !== 0) {
    throw unsupported('is encrypted');
  }
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
    throw corrupt(`clusters of 2^${clusterBits} bytes`);
  }
  const clusterBytes = 2 ** clusterBits;
  const further = version === 2 ? V2 : parseV3(view);
  const end = Math.min(clusterBytes, area.length);
  const header = {
    version,
    clusterBytes,
    virtualBytes: base.size,
    l1Offset: base.l1_table_offset,
    l1Entries: base.l1_size,
    refcountTableOffset: base.refcount_table_offset,
    refcountTableClusters: base.refcount_table_clusters,
    snapshots: base.nb_snapshots,
    ...further,
  };
  checkTables(header);
  const backing = parseBacking(view, further.headerBytes, end);
  return backing === undefined ? header : { ...header, backing };
}

interface FurtherHeader {
  readonly headerBytes: number;
  readonly refcountBits: number;
  readonly dirty: boolean;
  readonly hasAutoclear: boolean;
}

const V2: FurtherHeader = {
  headerBytes: qcow2_header.size,
  refcountBits: 16,
  dirty: false,
  hasAutoclear: false,
};

const FEATURES: readonly (readonly [bit: number, name: string])[] = [
  [INCOMPATIBLE_EXTERNAL_DATA, 'an external data file'],
  [INCOMPATIBLE_COMPRESSION_TYPE, 'a compression other than zlib'],
  [INCOMPATIBLE_EXTENDED_L2, 'subclusters (extended L2 entries)'],
];

function parseV3(view: DataView): FurtherHeader {
  if (view.byteLength < MIN_V3_HEADER_BYTES) {
    throw corrupt('its header ends too early');
  }
  // The last field may be missing: bytes that are not there count as zero.
  const copy = new Uint8Array(qcow2_header_v3.size);
  const rest = new Uint8Array(view.buffer, view.byteOffset + qcow2_header.size);
  copy.set(rest.subarray(0, Math.min(copy.length, view.byteLength - qcow2_header.size)));
  const fields = qcow2_header_v3.at(copy.buffer);
  const { incompatible_low: incompatible, header_length: headerBytes } = fields;
  checkFeatures(incompatible, fields.incompatible_high);
  if (headerBytes < MIN_V3_HEADER_BYTES || headerBytes % 8 !== 0 || headerBytes > view.byteLength) {
    throw corrupt(`a header of ${headerBytes} bytes`);
  }
  if (headerBytes > MIN_V3_HEADER_BYTES && fields.compression_type !== COMPRESSION_ZLIB) {
    throw corrupt(`compression ${fields.compression_type} without its feature`);
  }
  if (fields.refcount_order > 6) {
    throw corrupt(`refcounts of 2^${fields.refcount_order} bits`);
  }
  return {
    headerBytes,
    refcountBits: 2 ** fields.refcount_order,
    dirty: (incompatible & INCOMPATIBLE_DIRTY) !== 0,
    hasAutoclear: fields.autoclear_low !== 0 || fields.autoclear_high !== 0,
  };
}

function checkFeatures(low: number, high: number): void {
  const known = INCOMPATIBLE_DIRTY | INCOMPATIBLE_CORRUPT;
  const names = FEATURES.filter(([bit]) => (low & bit) !== 0).map(([, name]) => name);
  const unknown = FEATURES.reduce((rest, [bit]) => rest & ~bit, low & ~known) >>> 0;
  if (unknown !== 0 || high !== 0) {
    const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) =>
      bit < 32 ? ((unknown >>> bit) & 1) !== 0 : ((high >>> (bit - 32)) & 1) !== 0,
    );
    names.push(`features that are not known (bits ${bits.join(', ')})`);
  }
  if (names.length > 0) {
    throw unsupported(`has ${names.join(', ')}, which is not supported`);
  }
  if ((low & INCOMPATIBLE_CORRUPT) !== 0) {
    throw new ImageError('CORRUPT', 'is marked as corrupt');
  }
}

/** Where the tables are, and whether they are large enough and not too large. */
function checkTables(header: Omit<Qcow2Header, 'backing'>): void {
  const { virtualBytes, clusterBytes, l1Entries, l1Offset, snapshots } = header;
  const { refcountTableOffset, refcountTableClusters } = header;
  if (virtualBytes > MAX_VIRTUAL_BYTES) {
    throw unsupported(`has a disk of more than ${MAX_VIRTUAL_BYTES / 2 ** 40} TiB`);
  }
  const needed = l1EntriesOf(virtualBytes, clusterBytes);
  if (needed * ENTRY_BYTES > MAX_L1_BYTES || l1Entries * ENTRY_BYTES > MAX_L1_BYTES) {
    throw unsupported('has an L1 table of more than 32 MiB: its clusters are too small');
  }
  if (l1Entries < needed) {
    throw corrupt('its L1 table is too small for its size');
  }
  if (l1Offset % clusterBytes !== 0 || (l1Offset === 0 && l1Entries > 0)) {
    throw corrupt('its L1 table is nowhere');
  }
  if (refcountTableOffset % clusterBytes !== 0 || refcountTableOffset === 0) {
    throw corrupt('its refcount table is nowhere');
  }
  if (refcountTableClusters * clusterBytes > MAX_REFCOUNT_TABLE_BYTES) {
    throw unsupported('has a refcount table of more than 8 MiB');
  }
  if (refcountTableClusters === 0) {
    throw corrupt('it has no refcount table');
  }
  if (snapshots > 65536) {
    throw corrupt(`${snapshots} snapshots`);
  }
}

function parseBacking(view: DataView, from: number, end: number): Qcow2Header['backing'] {
  const { backing_file_offset: at, backing_file_size: length } = qcow2_header.over(view, 0);
  const extensionsEnd = at === 0 ? end : Math.min(at, end);
  const format = backingFormat(view, from, extensionsEnd);
  if (at === 0) {
    return undefined;
  }
  if (length > MAX_BACKING_NAME_BYTES || !fits(at, length, end)) {
    throw corrupt('the name of its backing file is not in its first cluster');
  }
  const name = textAt(view, at, length);
  return format === undefined ? { name } : { name, format };
}

/** The format that the header extensions name. */
function backingFormat(view: DataView, from: number, end: number): string | undefined {
  let format: string | undefined;
  for (let at = from; fits(at, qcow2_extension.size, end);) {
    const { type, length } = qcow2_extension.over(view, at);
    at += qcow2_extension.size;
    if (type === EXTENSION_END) {
      break;
    }
    if (!fits(at, length, end)) {
      throw corrupt('a header extension that does not end');
    }
    if (type === EXTENSION_BACKING_FORMAT) {
      format = textAt(view, at, length);
    }
    at += Math.ceil(length / 8) * 8;
  }
  return format;
}

function textAt(view: DataView, at: number, length: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('utf8');
}
