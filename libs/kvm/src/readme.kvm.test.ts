import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

/** The text of the first fenced block of a language. */
function block(markdown: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'm').exec(markdown)![1]!;
}

describe('README.md', () => {
  it('has an example that prints what it says', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    const directory = mkdtempSync(join(tmpdir(), 'kvm-readme-'));
    const outfile = join(directory, 'example.cjs');
    buildSync({
      stdin: { contents: block(readme, 'ts'), resolveDir: __dirname, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      conditions: ['@crosvm/source'],
      alias: { koffi: require.resolve('koffi') },
      external: [require.resolve('koffi')],
    });

    const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' });
    rmSync(directory, { recursive: true });

    expect(stderr).toBe('');
    expect(stdout).toBe(block(readme, 'text'));
  });
});
