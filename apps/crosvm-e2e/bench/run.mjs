// Bundles the benchmark and runs it, in this process: node run.mjs [PART...]
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
await build({
  absWorkingDir: root,
  entryPoints: {
    bench: 'bench/main.ts',
    'exits-crosvm': 'bench/exits-crosvm.ts',
    'queue-crosvm': 'bench/queue-crosvm.ts',
  },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@crosvm/source'],
  external: ['koffi'],
  logLevel: 'warning',
});
createRequire(import.meta.url)(join(root, 'dist/bench.js'));
