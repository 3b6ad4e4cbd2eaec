import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

/** A script made for a test, to be run by a worker or another process. */
export interface ScriptFile extends Disposable {
  readonly path: string;
}

/** The sources of sys-util. */
const SOURCES = join(__dirname, '..');

/**
 * Bundles TypeScript into a script file.
 * @param source the text of a module
 * @param directory what its relative imports start from, such as `'./index'`; default: the sources of sys-util
 */
export function bundleScript(source: string, directory = SOURCES): ScriptFile {
  const temporary = mkdtempSync(join(tmpdir(), 'crosvm-test-'));
  const path = join(temporary, 'script.cjs');
  const koffi = require.resolve('koffi');
  buildSync({
    stdin: { contents: source, resolveDir: directory, loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@crosvm/source'],
    // Native code is not bundled, and the script lies where no node_modules are.
    alias: { koffi, '@crosvm/sys-util': join(SOURCES, 'index.ts') },
    external: [koffi],
    logLevel: 'warning',
  });
  return {
    path,
    [Symbol.dispose]: () => rmSync(temporary, { recursive: true, force: true }),
  };
}
