import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { mainHelp } from './main-help';
import { parseCommandLine } from './parse-command-line';
import { runHelp } from './parse-run';

/** The arguments that a shell makes of a command line. */
function argumentsOf(line: string): string[] {
  const script = `crosvm() { printf '%s\\0' "$@"; }; ${line}`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
const ofReadme = readme.match(/^crosvm run (?!--config).*$/gm) ?? [];
const ofHelp = [...runHelp.examples, ...mainHelp.examples]
  .map(([, command]) => command)
  .filter((command) => !/ --help$| --config /.test(command));

describe('examples', () => {
  test('are there', () => {
    expect(ofReadme.length).toBeGreaterThanOrEqual(5);
    expect(ofHelp.length).toBeGreaterThanOrEqual(5);
  });

  test.each([...ofReadme, ...ofHelp])('%s', async (line) => {
    const command = await parseCommandLine(argumentsOf(line));
    expect(command.kind).toBe('run');
  });
});
