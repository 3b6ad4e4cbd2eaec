import { TWO_POW_32 } from '@crosvm/data-model';
import type { GuestMemory } from '@crosvm/sys-util';

/** Bytes of a piece: as many as `GuestMemory` puts into one view. A power of two. */
export const PIECE_BYTES = 16 * 1024 ** 2;

/** Numbers that one region takes in the table. */
const REGION_WORDS = 3;

/** A view of nothing, for what is not there. */
const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * Guest memory as queues need it: a guest's address becomes a piece and an offset in it, both small
 * integers to the engine, so that nothing is allocated, however large the addresses are.
 *
 *     region (as in GuestMemory)   [ 16 MiB ][ 16 MiB ][ 16 MiB ][ .. ]   one run of host addresses
 *     piece number                     0         1         2       3
 *
 * A buffer lies in one region, and may reach over any number of its pieces.
 */
export class MemoryMap {
  /** The offset in its piece of what `locate` found. */
  offset = 0;

  readonly #memory: GuestMemory;
  /** A region each: address, bytes, number of its first piece. */
  readonly #regions: Float64Array;
  /** The guest's address of each piece. */
  readonly #guest: Float64Array;
  /** Where each piece is in this process. */
  readonly #host: Float64Array;
  /** Bytes of each piece. */
  readonly #size: Int32Array;
  /** Made when a piece is touched first: each costs the collector's attention. */
  readonly #views: (DataView | undefined)[];

  constructor(memory: GuestMemory) {
    const pieces = memory.regions.flatMap(({ at, size, host }) =>
      Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, index) => {
        const start = index * PIECE_BYTES;
        return { guest: at + start, host: host + start, size: Math.min(PIECE_BYTES, size - start) };
      }),
    );
    const firstPiece = (at: number): number => pieces.findIndex(({ guest }) => guest === at);
    this.#memory = memory;
    this.#regions = Float64Array.from(
      memory.regions.flatMap(({ at, size }) => [at, size, firstPiece(at)]),
    );
    this.#guest = Float64Array.from(pieces, ({ guest }) => guest);
    this.#host = Float64Array.from(pieces, ({ host }) => host);
    this.#size = Int32Array.from(pieces, ({ size }) => size);
    this.#views = pieces.map(() => undefined);
  }

  /**
   * The piece in which the guest's address is, with `offset` set; -1 if the bytes are not all in one
   * region.
   * @param low the lower half of the address; signed or unsigned, like the others
   * @param length bytes, at least 1
   */
  locate(low: number, high: number, length: number): number {
    const at = (high >>> 0) * TWO_POW_32 + (low >>> 0);
    const bytes = length >>> 0;
    const regions = this.#regions;
    for (let index = 0; index < regions.length; index += REGION_WORDS) {
      const offset = at - (regions[index] ?? 0);
      const size = regions[index + 1] ?? 0;
      // Nothing is added up, so nothing can wrap: address and length are the guest's to choose.
      if (offset >= 0 && offset < size && bytes <= size - offset) {
        const piece = (offset / PIECE_BYTES) | 0;
        this.offset = (offset - piece * PIECE_BYTES) | 0;
        return (piece + (regions[index + 2] ?? 0)) | 0;
      }
    }
    return -1;
  }

  /** The guest's address of a piece. */
  guestOf(piece: number): number {
    return this.#guest[piece] ?? 0;
  }

  /** Where a piece is in this process. */
  hostOf(piece: number): number {
    return this.#host[piece] ?? 0;
  }

  /** Bytes of a piece; those that come next in its region are in the next piece. */
  sizeOf(piece: number): number {
    return this.#size[piece] ?? 0;
  }

  /** A piece's bytes. They are the guest's and change at any moment: read each once. */
  view(piece: number): DataView {
    return this.#views[piece] ?? this.#open(piece);
  }

  #open(piece: number): DataView {
    const at = this.#guest[piece];
    if (at === undefined) {
      return NOTHING;
    }
    const { buffer, byteOffset, length } = this.#memory.slice(at, this.sizeOf(piece));
    const view = new DataView(buffer, byteOffset, length);
    this.#views[piece] = view;
    return view;
  }
}
