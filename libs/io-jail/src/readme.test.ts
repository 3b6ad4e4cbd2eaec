import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundleScript } from '@crosvm/sys-util/testing';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';

describe('the example of the README', () => {
  it('prints what its comments say', () => {
    using script = bundleScript(example.replace('@crosvm/io-jail', './index'), __dirname);
    const { stdout } = spawnSync(process.execPath, [script.path], { encoding: 'utf8' });

    const comments = Array.from(example.matchAll(/console\.log.*; \/\/ (.*)/g), ([, text]) => text);
    expect(comments).toHaveLength(3);
    expect(stdout.trim().split('\n')).toEqual(comments);
  });
});
