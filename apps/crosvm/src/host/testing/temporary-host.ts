import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { HostPaths } from '../host-paths';

/** A directory that stands for a host: its paths lead to files that a test writes, or to nothing. */
export class TemporaryHost implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'crosvm-host-'));
  readonly paths: HostPaths = {
    kvm: join(this.root, 'kvm'),
    kvmClass: join(this.root, 'kvm-class'),
    cpuinfo: join(this.root, 'cpuinfo'),
    meminfo: join(this.root, 'meminfo'),
    onlineCpus: join(this.root, 'online'),
    groups: join(this.root, 'group'),
  };

  /** Writes one of the host's files. */
  write(name: keyof HostPaths, text: string): this {
    writeFileSync(this.paths[name], text);
    return this;
  }

  /** Removes everything. */
  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
