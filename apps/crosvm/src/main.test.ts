import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { version } from '../package.json';

const APP = join(__dirname, '..');
const MODULES = join(APP, '../../node_modules');
const OUT = mkdtempSync(join(tmpdir(), 'crosvm-main-'));
const MAIN = join(OUT, 'main.js');

beforeAll(() => {
  const entries = ['main', 'vcpu-worker', 'device-zygote'].map((name) => `src/${name}.ts`);
  const externals = ['koffi', 'winston', 'winston-transport', 'yargs'];
  const options = [
    ...[
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--target=node20',
      '--conditions=@crosvm/source',
    ],
    ...externals.map((name) => `--external:${name}`),
    ...[`--outdir=${OUT}`, '--log-level=warning'],
  ];
  execFileSync(join(MODULES, '.bin/esbuild'), [...entries, ...options], { cwd: APP });
});

afterAll(() => rmSync(OUT, { recursive: true }));

const env = { ...process.env, NODE_PATH: MODULES, CROSVM_BACKTRACE: '' };

/** Runs `script`, in which "$@" is crosvm with the arguments `args`. */
function shell(script: string, ...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(
    'bash',
    ['-c', script, '-', process.execPath, MAIN, ...args],
    {
      encoding: 'utf8',
      env,
    },
  );
  return { status, stderr };
}

describe('the process', () => {
  test('prints what it is asked for', () => {
    const { status, stdout } = spawnSync(process.execPath, [MAIN, 'version'], {
      encoding: 'utf8',
      env,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `crosvm ${version}\n` });
  });

  test('says in one line that what it prints cannot be written', () => {
    expect(shell('"$@" >/dev/full', 'version')).toEqual({
      status: 1,
      stderr: 'crosvm: the text cannot be written: write: no space left on device (ENOSPC)\n',
    });
  });

  test('fails of errors that it cannot tell, too', () => {
    expect(shell('"$@" 2>/dev/full', 'rum').status).toBe(2);
  });

  test('is content with a reader that goes before the end', () => {
    const script = 'set -o pipefail; { sleep 0.2; "$@"; } | true';
    expect(shell(script, 'version')).toEqual({ status: 0, stderr: '' });
  });

  // With fewer, Node.js itself does not start. Its program is a file that is looked at late, and no kernel.
  test.each(Array.from({ length: 26 }, (_, index) => 20 + index))(
    'fails and says why where it may open %d files',
    (limit) => {
      const { status, stderr } = shell(`ulimit -n ${limit}; "$@"`, 'run', process.execPath);
      expect(stderr).toMatch(/^crosvm: [^\n]+\n(?: {2}hint: [^\n]+\n)?$/);
      expect(stderr).not.toContain('internal error');
      expect(status).toBe(1);
    },
  );
});
