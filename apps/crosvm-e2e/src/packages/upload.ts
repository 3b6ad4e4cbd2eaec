import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

import type { InstalledPackage } from './installed-packages';

const MAX_TARBALL_BYTES = 200 * 1024 ** 2;

/** A package as npm packs it, of what is installed of it. */
function pack(directory: string): Buffer {
  const options = ['--exclude=./node_modules', '--transform=s,^\\.,package,'];
  return execFileSync('tar', ['-czf', '-', ...options, '.'], {
    cwd: directory,
    maxBuffer: MAX_TARBALL_BYTES,
  });
}

/**
 * Puts a package into a registry: the one document of `npm publish`, without its checks and scripts.
 * @throws Error if the registry does not take it
 */
export async function upload(url: string, npmPackage: InstalledPackage): Promise<void> {
  const { directory, manifest } = npmPackage;
  const { name, version } = manifest;
  const tarball = pack(directory);
  const file = `${name}-${version}.tgz`;
  const dist = {
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    tarball: `${url}${name}/-/${file}`,
  };
  const response = await fetch(`${url}${name.replace('/', '%2f')}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      _id: name,
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
      _attachments: {
        [file]: {
          content_type: 'application/octet-stream',
          data: tarball.toString('base64'),
          length: tarball.length,
        },
      },
    }),
  });
  if (!response.ok) {
    throw new Error(`${name}@${version}: ${response.status} ${await response.text()}`);
  }
}
