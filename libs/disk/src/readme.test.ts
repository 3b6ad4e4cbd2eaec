import { spawnSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { bundleScript } from '@crosvm/sys-util/testing';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const [raw = '', qcow2 = ''] = Array.from(
  readme.matchAll(/```ts\n(.*?)```/gs),
  ([, text = '']) => text,
);

/** Runs a script in a directory of its own, in which there is a `disk.img`; what a file has then. */
function runBesideImage(source: string, file: string): Buffer {
  using script = bundleScript(source.replace('@crosvm/disk', './index'), __dirname);
  const cwd = dirname(script.path);
  const image = join(cwd, 'disk.img');
  writeFileSync(image, '');
  truncateSync(image, 4096);
  const { status } = spawnSync(process.execPath, [script.path], { cwd, stdio: 'inherit' });
  expect(status).toBe(0);
  return readFileSync(join(cwd, file));
}

describe('the README', () => {
  it('has an example that writes to a raw image', () => {
    const image = runBesideImage(raw, 'disk.img');

    expect(image.toString('utf8', 1024, 1029)).toBe('Hello');
  });

  it('has an example that makes a qcow2 image and writes to it', () => {
    const image = runBesideImage(qcow2, 'disk.qcow2');

    expect(image.subarray(0, 4).toString('latin1')).toBe('QFI\u00fb');
    expect(image.includes('Hello')).toBe(true);
    expect(image.length).toBeLessThan(2 ** 20);
  });
});
