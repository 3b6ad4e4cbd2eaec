import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundleScript } from '@crosvm/sys-util/testing';

/** The text of the first fenced block of a language. */
function block(markdown: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'm').exec(markdown)![1]!;
}

describe('README.md', () => {
  it('has an example that prints what it says', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    using script = bundleScript(block(readme, 'ts'), __dirname);

    const { stdout, stderr } = spawnSync(process.execPath, [script.path], { encoding: 'utf8' });

    expect(stderr).toBe('');
    expect(stdout).toBe(block(readme, 'text'));
  });
});
