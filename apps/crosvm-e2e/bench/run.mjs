// Bundles the benchmark and runs it here: node run.mjs [PART...]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
await build({
  absWorkingDir: root,
  entryPoints: { bench: 'bench/main.ts', 'exits-crosvm': 'bench/exits-crosvm.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@crosvm/source'],
  external: ['koffi'],
  logLevel: 'warning',
});
const bench = join(root, 'dist/bench.js');
const { status } = spawnSync(process.execPath, [bench, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
