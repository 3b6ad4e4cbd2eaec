import { spawnSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { bundleScript } from '@crosvm/sys-util/testing';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const [raw = ''] = Array.from(readme.matchAll(/```ts\n(.*?)```/gs), ([, text]) => text);

/** Runs a script in a directory of its own, in which there is a `disk.img`. */
function runBesideImage(source: string): {
  readonly status: number | null;
  readonly image: Buffer;
} {
  using script = bundleScript(source.replace('@crosvm/disk', './index'), __dirname);
  const cwd = dirname(script.path);
  const image = join(cwd, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, 4096);
  const { status } = spawnSync(process.execPath, [script.path], { cwd, stdio: 'inherit' });
  return { status, image: readFileSync(image) };
}

describe('the README', () => {
  it('has an example that writes to a raw image', () => {
    const { status, image } = runBesideImage(raw);

    expect(status).toBe(0);
    expect(image.toString('utf8', 1024, 1029)).toBe('Hello');
  });
});
