// Bundles the entries of the app: one file each, so that starting a process or a worker reads one
// file. koffi stays outside because it is native code, the others because only
// help texts and messages need them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

const root = import.meta.dirname;
const outdir = join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@crosvm/source'],
  external: ['koffi', 'winston', 'winston-transport', 'yargs', 'esbuild'],
  logLevel: 'warning',
};
await build({
  ...options,
  entryPoints: [
    'index',
    'main',
    'vcpu-worker',
    'device-zygote',
    'device-host',
    'custom-device-zygote',
    'custom-device-host',
  ].map((name) => `src/${name}.ts`),
  outdir,
  sourcemap: true,
  sourcesContent: false,
});

// The manual, for `man crosvm` and for the documentation site.
const manual = await build({
  ...options,
  entryPoints: ['src/manual.ts'],
  loader: { '.md': 'text' },
  write: false,
});
const markdown = execFileSync(process.execPath, ['-'], {
  cwd: root,
  input: manual.outputFiles[0].text,
  encoding: 'utf8',
});
mkdirSync(join(outdir, 'man'));
const source = join(outdir, 'man/crosvm.md');
writeFileSync(source, markdown);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const markedMan = createRequire(import.meta.url).resolve('marked-man/package.json');
const roff = execFileSync(process.execPath, [
  join(dirname(markedMan), 'bin/marked-man.js'),
  `--version=crosvm ${version}`,
  '--manual=crosvm for Node.js',
  source,
]);
writeFileSync(join(outdir, 'man/crosvm.1'), roff);
cpSync(join(root, '../../seccomp'), join(outdir, 'seccomp'), { recursive: true });
// Last, so that an interrupted build is not taken for a finished one.
writeFileSync(join(outdir, '.built'), '');
