import { ImageError } from '../image-error';

/** Clusters whose uses are counted together. */
const CHUNK = 64 * 1024;

/** The uses of a cluster that can have one only. */
const OWNED = 0xffff;

/** Most clusters of a file, so that a check takes at most 128 MiB of memory. */
const MAX_CLUSTERS = 2 ** 26;

/** Counts how often the clusters of a file are used, and finds those that are used by two. */
export class ClusterUses {
  readonly #clusterBytes: number;
  readonly #chunks: (Uint16Array | undefined)[] = [];

  /**
   * @param clusters of the file
   * @throws ImageError if there are too many
   */
  constructor(
    readonly clusters: number,
    clusterBytes: number,
  ) {
    this.#clusterBytes = clusterBytes;
    if (clusters > MAX_CLUSTERS) {
      throw new ImageError('UNSUPPORTED', `has more than ${MAX_CLUSTERS} clusters`);
    }
  }

  /**
   * The clusters from `offset` on are used by this one alone.
   * @throws ImageError if they are not in the file, or used already
   */
  own(offset: number, count: number, what: string): void {
    this.#check(offset, count, what);
    const first = offset / this.#clusterBytes;
    for (let cluster = first; cluster < first + count; cluster += 1) {
      const chunk = this.#chunkOf(cluster);
      if (chunk[cluster % CHUNK] !== 0) {
        throw new ImageError('CORRUPT', `is corrupt: ${what} is where something else is`);
      }
      chunk[cluster % CHUNK] = OWNED;
    }
  }

  /**
   * The clusters from number `first` on are used by this one and maybe by others of its kind.
   * @throws ImageError if they are not in the file, or owned
   */
  share(first: number, count: number, what: string): void {
    this.#check(first * this.#clusterBytes, count, what);
    for (let cluster = first; cluster < first + count; cluster += 1) {
      const chunk = this.#chunkOf(cluster);
      const uses = chunk[cluster % CHUNK] ?? 0;
      if (uses >= OWNED - 1) {
        throw new ImageError('CORRUPT', `is corrupt: ${what} is where something else is`);
      }
      chunk[cluster % CHUNK] = uses + 1;
    }
  }

  /** How often a cluster is used. */
  get(cluster: number): number {
    const uses = this.#chunks[Math.floor(cluster / CHUNK)]?.[cluster % CHUNK] ?? 0;
    return uses === OWNED ? 1 : uses;
  }

  /** Whether a cluster can have one use only. */
  isOwned(cluster: number): boolean {
    return this.#chunks[Math.floor(cluster / CHUNK)]?.[cluster % CHUNK] === OWNED;
  }

  #check(offset: number, count: number, what: string): void {
    const first = offset / this.#clusterBytes;
    if (!Number.isInteger(first)) {
      throw new ImageError('CORRUPT', `is corrupt: ${what} does not begin with a cluster`);
    }
    if (first > this.clusters || count > this.clusters - first) {
      throw new ImageError('CORRUPT', `is corrupt: ${what} is behind its end`);
    }
  }

  #chunkOf(cluster: number): Uint16Array {
    const index = Math.floor(cluster / CHUNK);
    return (this.#chunks[index] ??= new Uint16Array(CHUNK));
  }
}
