import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

/** A script made for a test of this package, to be run by a worker or another process. */
export interface ScriptFile extends Disposable {
  readonly path: string;
}

/** Where sys-util, the only package that may know of it, finds koffi. */
function koffiPath(): string {
  return createRequire(require.resolve('@crosvm/sys-util/package.json')).resolve('koffi');
}

/**
 * Bundles TypeScript that imports from the directory above (`'./index'`) into a script file.
 * @param source the text of a module
 */
export function bundleScript(source: string): ScriptFile {
  const directory = mkdtempSync(join(tmpdir(), 'kvm-test-'));
  const path = join(directory, 'script.cjs');
  const koffi = koffiPath();
  buildSync({
    stdin: { contents: source, resolveDir: join(__dirname, '..'), loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@crosvm/source'],
    // Native code is not bundled, and the script lies where no node_modules are.
    alias: { koffi },
    external: [koffi],
  });
  return {
    path,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
