'use strict';

/*
 * Makes golden files anew from the C headers of this machine:
 *
 *   node libs/data-model/tools/update-golden.cjs libs/kvm-sys/src/golden/x86_64.json
 *
 * A new golden file starts as { "arch": "x64", "headers": ["linux/kvm.h"], "anonymous": [] }. The
 * declarations are those that `index.ts` of the directory above the file's exports.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, resolve } = require('node:path');

const { buildSync } = require('esbuild');
const prettier = require('prettier');

/** Loads a TypeScript module with all that it imports. */
function load(path) {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    conditions: ['@crosvm/source'],
    // Native code cannot be bundled.
    external: ['koffi'],
    write: false,
  });
  const module = new Module(path);
  module.paths = Module._nodeModulePaths(dirname(path));
  module._compile(outputFiles[0].text, path);
  return module.exports;
}

async function update(path) {
  const { abiEntries, measureAbi } = load(join(__dirname, '../src/testing/index.ts'));
  const { arch, headers, anonymous } = JSON.parse(readFileSync(path, 'utf8'));
  if (process.arch !== arch) {
    throw new Error(`${path} is for ${arch}, this machine is ${process.arch}`);
  }
  const entries = abiEntries(load(resolve(dirname(path), '../index.ts')), anonymous);
  const { facts, missing } = measureAbi(headers, entries);
  const text = JSON.stringify({ arch, headers, anonymous, missing, facts });
  const options = await prettier.resolveConfig(path);
  writeFileSync(path, await prettier.format(text, { ...options, filepath: path }));
  console.log(`${path}: ${Object.keys(facts).length} facts; not in the headers:`, missing);
}

async function main(paths) {
  for (const path of paths) {
    await update(resolve(path));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
