import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { installedPackages } from './installed-packages';
import type { Registry } from './registry';
import { upload } from './upload';

const ROOT = join(__dirname, '../../../..');

/** A package of the workspace that is published. */
export interface WorkspacePackage {
  readonly name: string;
  readonly version: string;
  /** Where it is as npm gets it. */
  readonly staged: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

/** The packages of the workspace that are published. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return ['libs', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .map((folder) => join(parent, folder))
      .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
      .map((folder) => {
        const text = readFileSync(join(ROOT, folder, 'package.json'), 'utf8');
        return { folder, manifest: JSON.parse(text) as Manifest };
      })
      .filter(({ manifest }) => manifest.private !== true)
      .map(({ folder, manifest: { name, version } }) => {
        return { name, version, staged: join(ROOT, 'dist', folder) };
      }),
  );
}

/** Puts what the packages depend on, as far as it is not of this workspace, into a registry. */
export async function uploadDependencies(
  registry: Registry,
  more: readonly string[],
): Promise<void> {
  const own = new Set(workspacePackages().map(({ name }) => name));
  const names = workspacePackages().flatMap(({ staged }) => {
    const text = readFileSync(join(staged, 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    return Object.keys(dependencies);
  });
  const foreign = [...new Set([...names, ...more])].filter((name) => !own.has(name));
  const start = join(ROOT, 'apps/crosvm');
  for (const npmPackage of installedPackages(foreign, start)) {
    await upload(registry.url, npmPackage);
  }
}

/** Builds what is stale and publishes every package, as it is done for any other registry. */
export function publishAll(registry: Registry): void {
  const nx = join(ROOT, 'node_modules/.bin/nx');
  try {
    execFileSync(nx, ['release', 'publish', '--registry', registry.url], {
      cwd: ROOT,
      env: { ...registry.env, NX_DAEMON: 'false', NX_TUI: 'false' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`nx release publish failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}
