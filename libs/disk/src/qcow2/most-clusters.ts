import { ENTRY_BYTES } from './format';
import { l1EntriesOf, l2EntriesOf } from './header';
import { refcountsPerBlock } from './refcounts';

/** What the size of an image depends on. */
export interface ImageShape {
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly l1Entries: number;
}

/** How large an image can become. */
export interface MostClusters {
  /** Clusters of the file, when the disk is full of data. */
  readonly clusters: number;
  /** Clusters of the refcount table that has refcounts of them all. */
  readonly refcountTableClusters: number;
}

/**
 * How large an image becomes at most: header, L1 table, all L2 tables and all data, the refcounts of all
 * that, and `others` clusters that are lost or somebody else's.
 */
export function mostClusters(shape: ImageShape, others: number): MostClusters {
  const { virtualBytes, clusterBytes, refcountBits, l1Entries } = shape;
  const l1 = Math.ceil((l1Entries * ENTRY_BYTES) / clusterBytes);
  const data = Math.ceil(virtualBytes / clusterBytes);
  const fixed = 1 + l1 + l1EntriesOf(virtualBytes, clusterBytes) + data + others;
  const perBlock = refcountsPerBlock(clusterBytes, refcountBits);
  let clusters = fixed;
  for (;;) {
    const blocks = Math.ceil(clusters / perBlock);
    const refcountTableClusters = Math.ceil(blocks / l2EntriesOf(clusterBytes));
    const all = fixed + blocks + refcountTableClusters;
    if (all === clusters) {
      return { clusters, refcountTableClusters };
    }
    clusters = all;
  }
}
