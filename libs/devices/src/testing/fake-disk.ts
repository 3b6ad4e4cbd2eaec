import type { Iovecs } from '@crosvm/sys-util';

import type { Disk } from '@crosvm/disk';

/** A disk without contents that remembers what it was asked for, and answers as it is told. */
export class FakeDisk implements Disk {
  /** What was asked: name, then numbers. */
  readonly calls: [string, ...unknown[]][] = [];
  /** 0, or a negative errno for all that is asked from now on. */
  result = 0;

  read(iovecs: Iovecs, offset: number): number {
    return this.#called('read', offset, iovecs.total);
  }

  write(iovecs: Iovecs, offset: number): number {
    return this.#called('write', offset, iovecs.total);
  }

  flush(): number {
    return this.#called('flush');
  }

  discard(offset: number, length: number): number {
    return this.#called('discard', offset, length);
  }

  writeZeroes(offset: number, length: number, mayUnmap: boolean): number {
    return this.#called('writeZeroes', offset, length, mayUnmap);
  }

  #called(name: string, ...rest: unknown[]): number {
    this.calls.push([name, ...rest]);
    return this.result;
  }
}
