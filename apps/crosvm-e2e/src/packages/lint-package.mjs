// What publint and "are the types wrong" find in packages: `node lint-package.mjs DIRECTORY...` prints a
// line for each problem. Resolution as of Node.js 10 is not looked at: it knows no `exports`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const scratch = mkdtempSync(join(tmpdir(), 'crosvm-pack-'));

/** The package as `npm pack` makes it. */
function pack(directory) {
  const options = ['--pack-destination', scratch, '--ignore-scripts', '--silent'];
  const name = execFileSync('npm', ['pack', ...options], { cwd: directory, encoding: 'utf8' });
  return new Uint8Array(readFileSync(join(scratch, name.trim())));
}

async function problemsOf(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: directory, level: 'suggestion', pack: false });
  const { types, problems = [] } = await checkPackage(
    createPackageFromTarballData(pack(directory)),
  );
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, manifest)}`),
    ...(types === false ? ['attw: there are no types'] : []),
    ...problems
      .filter(({ resolutionKind }) => resolutionKind !== 'node10')
      .map((problem) => `attw: ${JSON.stringify(problem)}`),
  ].map((text) => `${manifest.name}: ${text}`);
}

try {
  for (const directory of process.argv.slice(2)) {
    (await problemsOf(directory)).forEach((problem) => console.log(problem));
  }
} finally {
  rmSync(scratch, { recursive: true });
}
