// Puts a package as npm gets it into dist/FOLDER: `node stage-package.mjs FOLDER`, after its build.
// Its manifest has nothing that only this workspace understands, and lists what the code requires.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The condition under which packages of the workspace find each other's sources. */
const SOURCE = '@crosvm/source';

/** Fields that tell npm and its users nothing. */
const WORKSPACE_FIELDS = ['nx', 'devDependencies'];

const readManifest = (folder) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json')));

/** The versions of all that any package of the workspace depends on. */
function knownVersions() {
  const folders = ['libs', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
  );
  const manifests = folders.map(readManifest);
  return new Map([
    ...manifests.flatMap(({ dependencies = {} }) => Object.entries(dependencies)),
    ...manifests.map(({ name, version }) => [name, version]),
  ]);
}

/** The packages that the built files ask for. */
function required(directory) {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(directory, file), 'utf8');
      const asked = text.matchAll(
        /(?:\brequire\(|\bimport\(|\bfrom )["']((?:@[\w-]+\/)?[\w-]+)(?:\/[^"'\s]*)?["']/g,
      );
      return [...asked].map(([, name]) => name);
    });
  return new Set(names.filter((name) => !isBuiltin(name)));
}

/** The entries of `exports` that lead to built files. */
function builtExports(exports) {
  const entries = Object.entries(exports).map(([path, target]) => {
    if (typeof target === 'string') {
      return [path, target];
    }
    const built = Object.entries(target).filter(([condition]) => condition !== SOURCE);
    return [path, Object.fromEntries(built)];
  });
  return Object.fromEntries(
    entries.filter(([, target]) => typeof target === 'string' || Object.keys(target).length > 0),
  );
}

function stagedManifest(manifest, used) {
  const versions = knownVersions();
  // What a file of its own is for, such as its tests, may be named as if it were a package.
  const names = [...used].filter((name) => name !== manifest.name && versions.has(name)).sort();
  const kept = Object.entries(manifest).filter(([field]) => !WORKSPACE_FIELDS.includes(field));
  return {
    ...Object.fromEntries(kept),
    exports: builtExports(manifest.exports),
    dependencies: Object.fromEntries(names.map((name) => [name, versions.get(name)])),
  };
}

const [folder] = process.argv.slice(2);
const staged = join(ROOT, 'dist', folder);
const manifest = readManifest(folder);
rmSync(staged, { recursive: true, force: true });
mkdirSync(staged, { recursive: true });
cpSync(join(ROOT, folder, 'dist'), join(staged, 'dist'), {
  recursive: true,
  // Maps would lead to sources that are not there.
  filter: (path) => !/\.(map|tsbuildinfo|built)$/.test(path),
});
for (const [from, name] of [
  [join(folder, 'README.md'), 'README.md'],
  ['LICENSE', 'LICENSE'],
]) {
  cpSync(join(ROOT, from), join(staged, name));
}
const text = JSON.stringify(stagedManifest(manifest, required(join(staged, 'dist'))), null, 2);
writeFileSync(join(staged, 'package.json'), `${text}\n`);
