import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

/** A script made for a test, to be run by a worker. */
export interface ScriptFile extends Disposable {
  readonly path: string;
}

/**
 * Bundles TypeScript that imports from this package (`'./index'`) into a script file.
 * @param source the text of a module
 */
export function bundleScript(source: string): ScriptFile {
  const directory = mkdtempSync(join(tmpdir(), 'devices-test-'));
  const path = join(directory, 'script.cjs');
  // Native code is not bundled, and the script lies where no node_modules are.
  const koffi = createRequire(join(__dirname, '../../../sys-util/package.json')).resolve('koffi');
  buildSync({
    stdin: { contents: source, resolveDir: join(__dirname, '..'), loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@crosvm/source'],
    alias: { koffi },
    external: [koffi],
    logLevel: 'warning',
  });
  return {
    path,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
