import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundleScript } from './testing/bundle';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';

describe('the example of the README', () => {
  it('prints what its comments say', () => {
    using script = bundleScript(example);
    // Whoever runs tests may want colours.
    const env = { ...process.env, FORCE_COLOR: '0' };
    const { stdout } = spawnSync(process.execPath, [script.path], { encoding: 'utf8', env });
    const comments = Array.from(example.matchAll(/console\.log.*; \/\/ (.*)/g), ([, text]) => text);
    expect(comments).toHaveLength(2);
    expect(stdout.trim().split('\n')).toEqual(comments);
  });
});
