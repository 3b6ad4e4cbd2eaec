import { constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openFile, type OwnedFd } from '@crosvm/sys-util';

/** An image in a directory of its own, which goes with it. */
export interface TemporaryImage extends Disposable {
  readonly path: string;
  /** Open for reading and writing. */
  readonly fd: OwnedFd;
  /** What the file has now. */
  content(): Uint8Array;
}

/** Makes an image with these bytes. */
export function temporaryImage(content: Uint8Array): TemporaryImage {
  const directory = mkdtempSync(join(tmpdir(), 'image-test-'));
  const path = join(directory, 'disk.img');
  writeFileSync(path, content);
  const fd = openFile(path, constants.O_RDWR);
  return {
    path,
    fd,
    content: () => readFileSync(path),
    [Symbol.dispose]: () => {
      fd.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Bytes that tell their place: each sector differs from its neighbours. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 9) * 13 + seed) & 0xff);
}

/** Whether the file system that `path` is on can go past the page cache. */
export function canOpenDirect(path: string): boolean {
  try {
    openFile(path, constants.O_RDONLY | constants.O_DIRECT).close();
    return true;
  } catch {
    return false;
  }
}
