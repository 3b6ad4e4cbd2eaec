import { fileSize, Mapping, SysError } from '@crosvm/sys-util';

import { ImageError } from '../image-error';
import { RawDisk } from '../raw-disk';
import { checkImage } from './check-image';
import { HEADER_AREA_BYTES, parseHeader, type Qcow2Header } from './header';
import { ImageFile } from './image-file';
import { mostClusters } from './most-clusters';
import { prepareForWriting } from './prepare-for-writing';

/** An image that was looked through: plain data, for whoever opens it. */
export interface Qcow2Image {
  /** Bytes of the disk. */
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  /** Bytes that the file may come to have. */
  readonly maxFileBytes: number;
  /** There are compressed clusters. */
  readonly compressed: boolean;
  /** What the image says that it stands on. Who opens it says what that is. */
  readonly backing?: { readonly name: string; readonly format?: string };
}

/** The file that a descriptor is open on. */
export function imageFile(fd: number, sparse: boolean): ImageFile {
  return new ImageFile(new RawDisk({ image: fd, sparse }), fileSize(fd));
}

/**
 * Reads the header of an image.
 * @throws ImageError
 */
export function readHeader(file: ImageFile): Qcow2Header {
  using memory = Mapping.anonymous(HEADER_AREA_BYTES);
  const length = Math.min(HEADER_AREA_BYTES, file.end);
  const result = file.load(memory, 0, 0, length);
  if (result < 0) {
    const cause = new SysError('preadv', -result);
    throw new ImageError('IO', 'cannot be read', { cause });
  }
  return parseHeader(memory.bytes.slice(0, length));
}

/**
 * Looks through an image before it is used, and makes it ready to be written: nobody else may use it
 * meanwhile. No other file is opened.
 * @param fd of a file, open for reading, and for writing if it is to be written
 * @throws ImageError if it cannot be used, and what would make it so
 */
export function inspectQcow2(fd: number, { readOnly }: { readonly readOnly: boolean }): Qcow2Image {
  const file = imageFile(fd, false);
  const header = readHeader(file);
  if (!readOnly) {
    refuseToWrite(header);
  }
  const { leaks, compressed } = checkImage(header, file);
  const { virtualBytes, clusterBytes, backing, refcountTableClusters } = header;
  const fileClusters = Math.ceil(file.end / clusterBytes);
  // A refcount table that is replaced is there until then, and so is what has compressed clusters,
  // until the last of them is written.
  const others = leaks + refcountTableClusters + (compressed ? fileClusters : 0);
  const clusters = Math.max(mostClusters(header, others).clusters, fileClusters);
  if (!readOnly) {
    prepareForWriting(header, file, clusters);
  }
  return {
    virtualBytes,
    clusterBytes,
    maxFileBytes: (readOnly ? 1 : clusters) * clusterBytes,
    compressed,
    ...(backing !== undefined && { backing }),
  };
}

function refuseToWrite({ dirty, snapshots }: Qcow2Header): void {
  if (dirty) {
    throw new ImageError('NEEDS_REPAIR', 'was not closed well, and its refcounts may be wrong');
  }
  if (snapshots > 0) {
    throw new ImageError('UNSUPPORTED', 'has snapshots inside, which writing would damage');
  }
}
