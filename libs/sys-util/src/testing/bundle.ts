import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

/** A script made for a test, to be run by a worker or another process. */
export interface ScriptFile extends Disposable {
  readonly path: string;
}

/**
 * Bundles TypeScript that imports from the directory above (`'./index'`) into a script file.
 * @param source the text of a module
 */
export function bundleScript(source: string): ScriptFile {
  const directory = mkdtempSync(join(tmpdir(), 'sys-util-test-'));
  const path = join(directory, 'script.cjs');
  buildSync({
    stdin: { contents: source, resolveDir: join(__dirname, '..'), loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@crosvm/source'],
    // Native code is not bundled, and the script lies where no node_modules are.
    alias: { koffi: require.resolve('koffi'), '@crosvm/sys-util': join(__dirname, '../index.ts') },
    external: [require.resolve('koffi')],
    logLevel: 'warning',
  });
  return {
    path,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
