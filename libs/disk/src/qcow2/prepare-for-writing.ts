import { TWO_POW_32 } from '@crosvm/data-model';
import { Mapping, SysError } from '@crosvm/sys-util';

import { ImageError } from '../image-error';
import { ENTRY_BYTES, qcow2_header, qcow2_header_v3 } from './format';
import type { Qcow2Header } from './header';
import type { ImageFile } from './image-file';
import { refcountsPerBlock, writeRefcount } from './refcounts';

/** What is asked of the file here may fail; 0 or a negative errno. */
function check(result: number): void {
  if (result < 0) {
    const cause = new SysError('pwritev', -result);
    throw new ImageError('IO', 'cannot be made ready for writing', { cause });
  }
}

/**
 * Makes an image ready for a writer that knows no features but those that it must know, and whose
 * refcount table cannot grow. After a crash the image is as it was, or as it is to be; clusters may
 * be lost.
 * @param clusters that the file may come to have
 * @throws ImageError
 */
export function prepareForWriting(header: Qcow2Header, file: ImageFile, clusters: number): void {
  if (header.hasAutoclear) {
    clearFeatures(file);
  }
  const { clusterBytes, refcountBits, refcountTableClusters } = header;
  const blocks = Math.ceil(clusters / refcountsPerBlock(clusterBytes, refcountBits));
  const tableClusters = Math.ceil((blocks * ENTRY_BYTES) / clusterBytes);
  if (tableClusters > refcountTableClusters) {
    using table = new LargerTable(header, file, tableClusters);
    table.write();
  }
}

/** Features that a writer has to clear who does not see to them. */
function clearFeatures(file: ImageFile): void {
  using zeroes = Mapping.anonymous(ENTRY_BYTES);
  const at = qcow2_header.size + qcow2_header_v3.offsetOf('autoclear_high');
  check(file.store(zeroes, 0, at, ENTRY_BYTES));
  check(file.disk.flush());
}

/**
 * A larger refcount table, behind the end of the file, in front of it the refcount blocks that it takes
 * for itself:
 *
 *     ... end of file | blocks, where there are none yet | table |
 */
class LargerTable {
  readonly #header: Qcow2Header;
  readonly #file: ImageFile;
  readonly #perBlock: number;
  readonly #tableClusters: number;
  readonly #table: Mapping;
  readonly #tableView: DataView;
  readonly #block: Mapping;
  readonly #blockView: DataView;

  constructor(header: Qcow2Header, file: ImageFile, tableClusters: number) {
    const { clusterBytes, refcountBits } = header;
    this.#header = header;
    this.#file = file;
    this.#tableClusters = tableClusters;
    this.#perBlock = refcountsPerBlock(clusterBytes, refcountBits);
    this.#table = Mapping.anonymous(tableClusters * clusterBytes);
    this.#tableView = new DataView(this.#table.bytes.buffer, this.#table.bytes.byteOffset);
    this.#block = Mapping.anonymous(clusterBytes);
    this.#blockView = new DataView(this.#block.bytes.buffer, this.#block.bytes.byteOffset);
  }

  write(): void {
    const { clusterBytes, refcountTableOffset, refcountTableClusters } = this.#header;
    const file = this.#file;
    const oldBytes = refcountTableClusters * clusterBytes;
    check(file.load(this.#table, 0, refcountTableOffset, oldBytes));
    const first = Math.ceil(file.end / clusterBytes);
    const missing = this.#missingBlocks(first);
    missing.forEach((block, index) => this.#setEntry(block, (first + index) * clusterBytes));
    const tableAt = first + missing.length;
    const end = tableAt + this.#tableClusters;
    this.#count({ first, end, missing }, 1);
    check(file.store(this.#table, 0, tableAt * clusterBytes, this.#tableClusters * clusterBytes));
    check(file.disk.flush());
    this.#nameTable(tableAt * clusterBytes);
    check(file.disk.flush());
    const old = refcountTableOffset / clusterBytes;
    this.#count({ first: old, end: old + refcountTableClusters, missing: [] }, 0);
  }

  [Symbol.dispose](): void {
    this.#table.unmap();
    this.#block.unmap();
  }

  /** The blocks that there are not, for the new clusters: their own, too. */
  #missingBlocks(first: number): number[] {
    for (let missing: number[] = []; ;) {
      const end = first + missing.length + this.#tableClusters;
      const found: number[] = [];
      const last = Math.floor((end - 1) / this.#perBlock);
      for (let block = Math.floor(first / this.#perBlock); block <= last; block += 1) {
        if (this.#entry(block) === 0) {
          found.push(block);
        }
      }
      if (found.length === missing.length) {
        return found;
      }
      missing = found;
    }
  }

  /** Sets the refcounts of clusters, block by block. */
  #count({ first, end, missing }: Clusters, value: number): void {
    const { clusterBytes, refcountBits: bits } = this.#header;
    for (let cluster = first; cluster < end;) {
      const block = Math.floor(cluster / this.#perBlock);
      const place = this.#entry(block);
      if (missing.includes(block)) {
        this.#block.bytes.fill(0);
      } else {
        check(this.#file.load(this.#block, 0, place, clusterBytes));
      }
      const last = Math.min(end, (block + 1) * this.#perBlock);
      for (; cluster < last; cluster += 1) {
        writeRefcount(this.#blockView, cluster % this.#perBlock, { bits, value });
      }
      check(this.#file.store(this.#block, 0, place, clusterBytes));
    }
  }

  /** Changes the header: both fields are beside each other, in one sector. */
  #nameTable(offset: number): void {
    const at = qcow2_header.offsetOf('refcount_table_offset');
    const length = qcow2_header.offsetOf('nb_snapshots') - at;
    this.#block.bytes.set(
      qcow2_header.from({
        refcount_table_offset: offset,
        refcount_table_clusters: this.#tableClusters,
      }),
    );
    check(this.#file.store(this.#block, at, at, length));
  }

  #entry(block: number): number {
    const at = block * ENTRY_BYTES;
    return this.#tableView.getUint32(at) * TWO_POW_32 + this.#tableView.getUint32(at + 4);
  }

  #setEntry(block: number, offset: number): void {
    const at = block * ENTRY_BYTES;
    this.#tableView.setUint32(at, offset / TWO_POW_32);
    this.#tableView.setUint32(at + 4, offset);
  }
}

interface Clusters {
  readonly first: number;
  readonly end: number;
  /** Blocks that have nothing yet. */
  readonly missing: readonly number[];
}
