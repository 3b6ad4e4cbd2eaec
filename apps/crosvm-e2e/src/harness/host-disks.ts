import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

import type { Lack } from './requirements';
import { Scratch } from './scratch';

/** Can files of a `Scratch` not be read past the page cache? */
export function hostLacksDirectIo(): Lack {
  using files = new Scratch();
  const { O_CREAT, O_DIRECT, O_RDWR } = constants;
  try {
    closeSync(openSync(files.file('probe'), O_RDWR | O_CREAT | O_DIRECT));
    return undefined;
  } catch {
    return "this machine's temporary files cannot be opened with O_DIRECT";
  }
}

/** Can no file be made a block device here? */
export function hostLacksLoopDevices(): Lack {
  const { status } = spawnSync('losetup', ['--find'], { stdio: 'ignore' });
  return status === 0 && process.getuid?.() === 0
    ? undefined
    : 'there are no loop devices, or this user may not use them';
}

/** A file as a block device. */
export class LoopDevice implements Disposable {
  /** Such as `/dev/loop3`. */
  readonly path: string;

  constructor(file: string) {
    this.path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  }

  /** The file has another size. */
  follow(): void {
    execFileSync('losetup', ['--set-capacity', this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('losetup', ['--detach', this.path]);
  }
}
