import { type Action, written } from './disk-model';

const SECTOR = 512;

/** A sector was given a value by an action that began behind so many changes of the file. */
interface Given {
  readonly began: number;
  readonly value: Buffer;
}

/** What the disk had when a flush was done, behind so many changes of the file. */
interface Flushed {
  readonly done: number;
  readonly content: Buffer;
  /** Actions before that. */
  readonly given: readonly number[];
}

/** What each sector of a disk may have after a crash: what it had at the last flush, or what it was given since. */
export class FlushedModel {
  readonly #given: Given[][];
  readonly #flushes: Flushed[];

  constructor(content: Buffer) {
    const sectors = content.length / SECTOR;
    this.#given = Array.from({ length: sectors }, () => []);
    this.#flushes = [
      { done: 0, content: Buffer.from(content), given: Array<number>(sectors).fill(0) },
    ];
  }

  /** An action begins behind so many changes. */
  begin(action: Action, began: number): void {
    if (action.kind === 'flush') {
      return;
    }
    const content = action.kind === 'write' ? Buffer.from(written(action)) : undefined;
    for (let index = 0; index < action.sectors; index += 1) {
      const value = content?.subarray(index * SECTOR, (index + 1) * SECTOR) ?? Buffer.alloc(SECTOR);
      this.#given[action.sector + index]?.push({ began, value });
    }
  }

  /** A flush is done, behind so many changes. */
  flushed(content: Buffer, done: number): void {
    const given = this.#given.map(({ length }) => length);
    this.#flushes.push({ done, content: Buffer.from(content), given });
  }

  /** The sectors that have what they cannot have after a crash behind so many changes. */
  wrong(disk: Buffer, changes: number): number[] {
    const flush = this.#flushes.findLast(({ done }) => done <= changes);
    return this.#given.flatMap((given, sector) => {
      const at = sector * SECTOR;
      const now = disk.subarray(at, at + SECTOR);
      const since = given.slice(flush?.given[sector]).filter(({ began }) => began <= changes);
      const may = [flush?.content.subarray(at, at + SECTOR), ...since.map(({ value }) => value)];
      return may.some((value) => value?.equals(now)) ? [] : [sector];
    });
  }
}
