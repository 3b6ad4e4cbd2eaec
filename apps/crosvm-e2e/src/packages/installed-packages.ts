import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is read of a package's manifest. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package in a `node_modules`. */
export interface InstalledPackage {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** Where a package finds another, as Node.js looks for it; undefined if it is not there. */
function find(name: string, from: string): string | undefined {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) {
      return realpathSync(candidate);
    }
  }
  return undefined;
}

/**
 * Packages and all that they depend on, once each. Optional ones that are not installed, those for
 * other machines, are left out.
 * @param names what to begin with
 * @param from the directory from which they are found
 */
export function installedPackages(names: readonly string[], from: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const visit = (name: string, parent: string): void => {
    const directory = find(name, parent);
    if (directory === undefined) {
      return;
    }
    const text = readFileSync(join(directory, 'package.json'), 'utf8');
    const manifest = JSON.parse(text) as Manifest;
    // The same version may be in several places.
    const id = `${manifest.name}@${manifest.version}`;
    if (found.has(id)) {
      return;
    }
    found.set(id, { directory, manifest });
    const { dependencies = {}, optionalDependencies = {} } = manifest;
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
      visit(dependency, directory);
    }
  };
  names.forEach((name) => visit(name, from));
  return [...found.values()];
}
