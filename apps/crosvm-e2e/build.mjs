// Bundles the tests, one file each: compiling TypeScript takes long on an emulated host.
// Then it compiles what tests need of C, where there is a compiler: without it they say so. Those of the
// bare-metal guest are made by its Makefile.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

const root = import.meta.dirname;
const outdir = join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
const tests = readdirSync(join(root, 'src', 'tests')).filter((name) => name.endsWith('.e2e.ts'));
await build({
  absWorkingDir: root,
  entryPoints: [
    ...tests.map((name) => ({ in: join('src', 'tests', name), out: name.replace(/\.ts$/, '') })),
    { in: join('src', 'harness', 'nothing-left.setup.ts'), out: 'nothing-left.setup' },
    { in: join('src', 'run', 'main.ts'), out: 'run-tests' },
    { in: join('src', 'fixtures', 'garbage-host.ts'), out: 'garbage-host' },
  ],
  outdir,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  conditions: ['@crosvm/source'],
  external: ['@lydell/node-pty', 'koffi', 'winston', 'winston-transport'],
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'warning',
});

const guest = join(root, '..', '..', 'guests', 'bare-metal');
const make = spawnSync('make', ['-s', '-C', guest], { stdio: 'inherit' });
if (make.error?.code !== 'ENOENT' && make.status !== 0) {
  process.stderr.write(`note: ${guest} cannot be made here\n`);
}

const source = join(root, 'fixtures', 'deny-ioctl.c');
const { error, status } = spawnSync(
  'cc',
  ['-O', '-Wall', '-o', join(outdir, 'deny-ioctl'), source],
  {
    stdio: 'inherit',
  },
);
if (error?.code !== 'ENOENT' && status !== 0) {
  throw new Error(`${source} cannot be compiled`, { cause: error });
}
