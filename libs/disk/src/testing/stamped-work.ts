/** Bytes of a sector, which is written whole or not at all. */
const SECTOR = 512;

/** Most sectors of an action. */
const MOST = 96;

/** What is done to a disk whose sectors are told apart by stamps: 0 is what reads as zeroes. */
export type StampedAction =
  | { readonly kind: 'flush' }
  | {
      readonly kind: 'write' | 'zero' | 'discard';
      readonly sector: number;
      readonly sectors: number;
      readonly stamp: number;
    };

/** The same actions for the same seed, in two processes. */
export function* stampedActions(
  seed: number,
  diskSectors: number,
): Generator<StampedAction, never, void> {
  let state = seed | 1;
  const next = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let stamp = seed; ; stamp += 1) {
    const what = next(16);
    const sector = next(diskSectors);
    const sectors = Math.min(1 + next(what % 2 === 0 ? 4 : MOST), diskSectors - sector);
    if (what < 2) {
      yield { kind: 'flush' };
    } else {
      const kind = what < 4 ? 'zero' : what < 6 ? 'discard' : 'write';
      yield { kind, sector, sectors, stamp };
    }
  }
}

/** The bytes of sectors that have a stamp, each with its number: none is zeroes. */
export function stamped(sector: number, sectors: number, stamp: number): Uint8Array {
  const words = new Uint32Array((sectors * SECTOR) / 4);
  const perSector = SECTOR / 4;
  for (let index = 0; index < words.length; index += 2) {
    words[index] = sector + Math.floor(index / perSector);
    words[index + 1] = stamp;
  }
  return new Uint8Array(words.buffer);
}

/** The stamp of a sector; undefined if it was not written like that. */
function stampOf(sector: number, bytes: Buffer): number | undefined {
  const stamp = bytes.readUInt32LE(4);
  const expected = stamp === 0 ? Buffer.alloc(SECTOR) : Buffer.from(stamped(sector, 1, stamp));
  return bytes.equals(expected) ? stamp : undefined;
}

/** What each sector may have when whoever worked is killed: what it had at the last flush, or was given since. */
export class StampedModel {
  /** What each may have now, if all that was begun was done. */
  #now: ReadonlySet<number>[];
  /** The same, and all since the last flush. */
  #since: Set<number>[];

  constructor(diskSectors: number) {
    this.#now = Array.from({ length: diskSectors }, () => new Set([0]));
    this.#since = this.#now.map((may) => new Set(may));
  }

  /** An action was begun. */
  begin(action: StampedAction): void {
    if (action.kind === 'flush') {
      return;
    }
    const { kind, sector, sectors, stamp } = action;
    for (let index = sector; index < sector + sectors; index += 1) {
      const before = this.#now[index] ?? [];
      const given = kind === 'write' ? [stamp] : kind === 'zero' ? [0] : [...before, 0];
      this.#now[index] = new Set(given);
      given.forEach((each) => this.#since[index]?.add(each));
    }
  }

  /** A flush was done. */
  flushed(): void {
    this.#since = this.#now.map((may) => new Set(may));
  }

  /** Takes the disk as it is found, and says which sectors have what they cannot have. */
  found(disk: Buffer): readonly number[] {
    const stamps = this.#now.map((_, sector) =>
      stampOf(sector, disk.subarray(sector * SECTOR, (sector + 1) * SECTOR)),
    );
    const wrong = stamps.flatMap((stamp, sector) =>
      stamp !== undefined && this.#since[sector]?.has(stamp) === true ? [] : [sector],
    );
    this.#now = stamps.map((stamp) => new Set([stamp ?? 0]));
    this.flushed();
    return wrong;
  }
}
