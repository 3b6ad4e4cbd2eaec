import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly nx: { readonly tags: readonly string[] };
}

const folders = ['libs', 'apps'].flatMap((parent) =>
  readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
);

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;

/** Packages of the workspace and npm that the sources of a folder import. */
function importsOf(folder: string): Set<string> {
  const sources = ['src', 'bench']
    .filter((part) => existsSync(join(ROOT, folder, part)))
    .flatMap((part) =>
      readdirSync(join(ROOT, folder, part), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(part, file),
      ),
    );
  // What only tests use, the root lists.
  const product = sources.filter(
    (file) => /(?<!\.test)\.ts$/.test(file) && !/(^|\/)testing\//.test(file),
  );
  const names = product.flatMap((file) => {
    const text = readFileSync(join(ROOT, folder, file), 'utf8');
    const specifiers = text.matchAll(/(?:from|import|import\() ?'((?:@[\w-]+\/)?[\w-]+)/g);
    return [...specifiers].map((match) => match[1]!);
  });
  return new Set(names.filter((name) => name !== 'node'));
}

describe.each(folders)('%s', (folder) => {
  const manifest = manifestOf(folder);

  it('has a layer and a README', () => {
    expect(manifest.nx.tags).toEqual([expect.stringMatching(/^layer:/)]);
    expect(existsSync(join(ROOT, folder, 'README.md'))).toBe(true);
  });

  it('lists just the packages that it imports', () => {
    const used = [...importsOf(folder)].sort();
    const listed = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect(used).toEqual(Object.keys(listed).sort());
  });
});

describe('the README', () => {
  it('has all packages that are published in its table', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| \[`([^`]+)`\]\(([^)]+)\/README\.md\) +\|/gm)];
    const published = folders.filter((folder) => manifestOf(folder).private !== true);

    expect(rows.map(([, name, folder]) => `${folder} ${name}`).sort()).toEqual(
      published.map((folder) => `${folder} ${manifestOf(folder).name}`).sort(),
    );
  });
});
