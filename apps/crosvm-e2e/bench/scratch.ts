import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const children = new Set<ChildProcess>();
const directories = new Set<string>();

/** A directory that is removed with all in it at the end of its block, or of the benchmark. */
export class ScratchDirectory implements Disposable {
  readonly path: string;

  constructor(parent = tmpdir()) {
    this.path = mkdtempSync(join(parent, 'crosvm-bench-'));
    directories.add(this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
    directories.delete(this.path);
  }
}

/** Has a process killed when the benchmark is, until it has ended by itself. */
export function adopt(child: ChildProcess): void {
  children.add(child);
  child.once('close', () => children.delete(child));
}

/** Has a signal that ends the benchmark end what it started, and remove what it made. */
export function cleanUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      children.forEach((child) => child.kill('SIGKILL'));
      directories.forEach((path) => rmSync(path, { recursive: true, force: true }));
      process.kill(process.pid, signal);
    });
  }
}
