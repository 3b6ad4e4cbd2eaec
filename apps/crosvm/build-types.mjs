// Writes the types of the package's entry into dist/types, after the build: those of what it exports
// and of what they are made of. The program has no others to tell.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const root = import.meta.dirname;
const workspace = join(root, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'crosvm-types-'));

/** The files that a declaration names, and those that they name. */
function reachable(file, found = new Set()) {
  if (!found.has(file)) {
    found.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) {
      reachable(join(dirname(file), `${name}.d.ts`), found);
    }
  }
  return found;
}

try {
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly'];
  const places = ['--declarationMap', 'false', '--rootDir', workspace, '--outDir', scratch];
  const tsc = join(workspace, 'node_modules/typescript/bin/tsc');
  execFileSync(
    process.execPath,
    [tsc, '-p', join(root, 'tsconfig.types.json'), ...options, ...places],
    {
      stdio: 'inherit',
    },
  );
  const sources = join(scratch, 'apps/crosvm/src');
  for (const file of reachable(join(sources, 'index.d.ts'))) {
    cpSync(file, join(root, 'dist/types', relative(sources, file)));
  }
} finally {
  rmSync(scratch, { recursive: true });
}
