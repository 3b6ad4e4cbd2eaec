import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of its own for a test, which goes with it. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'crosvm-e2e-'));

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** What is in it, directories within included. */
  list(): readonly string[] {
    return readdirSync(this.path, { recursive: true, encoding: 'utf8' }).sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
