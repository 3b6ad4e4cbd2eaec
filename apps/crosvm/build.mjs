// Bundles the entries of the app: one file each, so that starting a process or a worker reads one
// file. koffi stays outside because it is native code, the others because only
// help texts and messages need them.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

const root = import.meta.dirname;
const outdir = join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['main', 'vcpu-worker', 'device-zygote', 'device-host'].map(
    (name) => `src/${name}.ts`,
  ),
  outdir,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@crosvm/source'],
  external: ['koffi', 'winston', 'winston-transport', 'yargs'],
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
cpSync(join(root, '../../seccomp'), join(outdir, 'seccomp'), { recursive: true });
// Last, so that an interrupted build is not taken for a finished one.
writeFileSync(join(outdir, '.built'), '');
