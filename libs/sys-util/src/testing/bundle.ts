import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type BuildOptions, buildSync } from 'esbuild';

/** A script made for a test, to be run by a worker or another process. */
export interface ScriptFile extends Disposable {
  readonly path: string;
}

/** A directory of such scripts. */
export type ScriptDirectory = ScriptFile;

/** The sources of sys-util. */
const SOURCES = join(__dirname, '..');

/** Bundles into a temporary directory, which `options` gets. */
function bundleInto(options: (directory: string) => BuildOptions): ScriptDirectory {
  const path = mkdtempSync(join(tmpdir(), 'crosvm-test-'));
  const { alias = {}, external = [], ...others } = options(path);
  const koffi = require.resolve('koffi');
  buildSync({
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@crosvm/source'],
    // Native code is not bundled, and the script lies where no node_modules are.
    alias: { ...alias, koffi },
    external: [...external, koffi],
    logLevel: 'warning',
    ...others,
  });
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/**
 * Bundles TypeScript files into scripts of the same names, but `.js`. What only messages need is not in
 * them.
 * @param files in `directory`
 */
export function bundleFiles(directory: string, files: readonly string[]): ScriptDirectory {
  return bundleInto((outdir) => ({
    absWorkingDir: directory,
    entryPoints: [...files],
    outdir,
    external: ['winston', 'winston-transport', 'yargs'],
  }));
}

/**
 * Bundles TypeScript into a script file.
 * @param source the text of a module
 * @param directory what its relative imports start from, such as `'./index'`; default: the sources of sys-util
 */
export function bundleScript(source: string, directory = SOURCES): ScriptFile {
  const name = 'script.cjs';
  const made = bundleInto((temporary) => ({
    stdin: { contents: source, resolveDir: directory, loader: 'ts' },
    outfile: join(temporary, name),
    alias: { '@crosvm/sys-util': join(SOURCES, 'index.ts') },
  }));
  return { ...made, path: join(made.path, name) };
}
