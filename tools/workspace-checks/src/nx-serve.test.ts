import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const EXECUTOR = join(__dirname, '../../nx-serve/serve.cjs');

/** Stands in for the program: tells what it was given, and does what the first argument says. */
const PROGRAM = `
  process.exitCode = process.argv[2] === 'fail' ? 7 : 0;
  if (process.argv[2] === 'wait') {
    process.once('SIGTERM', () => process.exit());
    setInterval(() => undefined, 1000);
  }
  console.log(JSON.stringify({ args: process.argv.slice(2), directory: process.cwd() }));
`;

const root = mkdtempSync(join(tmpdir(), 'crosvm-serve-'));

beforeAll(() => writeFileSync(join(root, 'program.cjs'), PROGRAM));

afterAll(() => rmSync(root, { recursive: true }));

/** The command line of a process that runs the executor as nx does. */
function serve(...args: string[]): string[] {
  const context = { root, target: { options: { script: 'program.cjs' } } };
  const call = `require(${JSON.stringify(EXECUTOR)})(
    ${JSON.stringify({ script: 'other', __unparsed__: args })}, ${JSON.stringify(context)}
  ).then(({ success }) => process.exit(success ? 0 : 1))`;
  return ['-e', call];
}

const env = { ...process.env, INIT_CWD: '/' };

describe('nx run crosvm:serve', () => {
  it('gives the program the arguments as they are, in the directory of the caller', () => {
    const args = ['run', 'a $HOME "q"', "'", '', 'x  y', '--script', '*', '1e3', '--'];
    const { stdout, status } = spawnSync(process.execPath, serve(...args), {
      encoding: 'utf8',
      env,
    });
    expect(JSON.parse(stdout)).toEqual({ args, directory: '/' });
    expect(status).toBe(0);
  });

  it('fails when the program fails', () => {
    expect(spawnSync(process.execPath, serve('fail'), { env }).status).toBe(1);
  });

  it('leaves it to the program to end by a signal, which nx passes to both', async () => {
    const group = spawn(process.execPath, serve('wait'), {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(group.stdout, 'data');
    process.kill(-group.pid!, 'SIGTERM');
    expect(await once(group, 'exit')).toEqual([0, null]);
  });
});
