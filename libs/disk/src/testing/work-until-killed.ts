import { openSync, writeSync } from 'node:fs';

import { Qcow2Rig } from './qcow2-rig';
import { type StampedAction, stamped, stampedActions } from './stamped-work';

const SECTOR = 512;

/** What is to be done. */
export interface EndlessWork {
  readonly image: string;
  readonly seed: number;
  /** A file to be told how far it is: two words of 32 bits. See `progressOf`. */
  readonly progress: string;
}

/** How far it came. */
export interface Progress {
  /** Actions that were begun. */
  readonly begun: number;
  /** Those before the last flush that was done. */
  readonly flushed: number;
}

/** What is in the file of that name. */
export function progressOf(content: Buffer): Progress {
  return content.length < 8
    ? { begun: 0, flushed: 0 }
    : { begun: content.readUInt32LE(0), flushed: content.readUInt32LE(4) };
}

function act(rig: Qcow2Rig, action: StampedAction): number {
  if (action.kind === 'flush') {
    return rig.disk.flush();
  }
  const { kind, sector, sectors, stamp } = action;
  const at = sector * SECTOR;
  switch (kind) {
    case 'write':
      return rig.write(at, stamped(sector, sectors, stamp));
    case 'zero':
      return rig.disk.writeZeroes(at, sectors * SECTOR, stamp % 2 === 0);
    case 'discard':
      return rig.disk.discard(at, sectors * SECTOR);
  }
}

/** Works on an image without end. @throws Error if the disk refuses anything */
export function workUntilKilled({ image, seed, progress }: EndlessWork): never {
  const rig = new Qcow2Rig(image);
  const fd = openSync(progress, 'w');
  const words = new Uint32Array(2);
  const bytes = new Uint8Array(words.buffer);
  let begun = 0;
  for (const action of stampedActions(seed, rig.bytes / SECTOR)) {
    begun += 1;
    words[0] = begun;
    writeSync(fd, bytes, 0, 8, 0);
    const result = act(rig, action);
    if (result !== 0) {
      throw new Error(`${JSON.stringify(action)}: ${result}`);
    }
    if (action.kind === 'flush') {
      words[1] = begun;
      writeSync(fd, bytes, 0, 8, 0);
    }
  }
  throw new Error('there is no end');
}
