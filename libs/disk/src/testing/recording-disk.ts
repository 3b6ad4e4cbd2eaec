import { readSync } from 'node:fs';

import type { Iovecs } from '@crosvm/sys-util';

import type { Disk } from '../disk';
import { RawDisk } from '../raw-disk';

/** What was done to a file. */
export type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'zero'; readonly offset: number; readonly length: number }
  | { readonly kind: 'flush' };

/** A file that remembers all that was done to it, in order. */
export class RecordingDisk implements Disk {
  readonly changes: Change[] = [];
  readonly #fd: number;
  readonly #disk: RawDisk;

  constructor(fd: number) {
    this.#fd = fd;
    this.#disk = new RawDisk({ image: fd, sparse: true });
  }

  read(iovecs: Iovecs, offset: number): number {
    return this.#disk.read(iovecs, offset);
  }

  write(iovecs: Iovecs, offset: number): number {
    const bytes = Buffer.alloc(iovecs.total);
    const result = this.#disk.write(iovecs, offset);
    readSync(this.#fd, bytes, 0, bytes.length, offset);
    this.changes.push({ kind: 'write', offset, bytes });
    return result;
  }

  flush(): number {
    this.changes.push({ kind: 'flush' });
    return 0;
  }

  discard(offset: number, length: number): number {
    this.changes.push({ kind: 'zero', offset, length });
    return this.#disk.discard(offset, length);
  }

  writeZeroes(offset: number, length: number, mayUnmap: boolean): number {
    this.changes.push({ kind: 'zero', offset, length });
    return this.#disk.writeZeroes(offset, length, mayUnmap);
  }
}

const SECTOR = 512;

/**
 * What a file may have when the power is lost behind `count` changes: all that came before the last flush,
 * and of what came after it, any sectors.
 * @param keep says of each sector whether it was written
 */
export function afterCrash(
  before: Buffer,
  changes: readonly Change[],
  count: number,
  keep: () => boolean,
): Buffer {
  const done = changes.slice(0, count);
  const flushed = done.findLastIndex(({ kind }) => kind === 'flush');
  const ends = done.map((change) => endOf(change));
  const file = Buffer.alloc(Math.max(before.length, ...ends));
  before.copy(file);
  let size = before.length;
  done.forEach((change, index) => {
    if (change.kind === 'flush') {
      return;
    }
    const length = change.kind === 'write' ? change.bytes.length : change.length;
    for (let at = 0; at < length; at += SECTOR) {
      if (index < flushed || keep()) {
        const end = Math.min(at + SECTOR, length);
        const offset = change.offset + at;
        if (change.kind === 'write') {
          file.set(change.bytes.subarray(at, end), offset);
          size = Math.max(size, offset + end - at);
        } else {
          file.fill(0, offset, Math.min(offset + end - at, file.length));
        }
      }
    }
  });
  return file.subarray(0, size);
}

function endOf(change: Change): number {
  return change.kind === 'write' ? change.offset + change.bytes.length : 0;
}
