/* What the image of `docker/` is made of: there is no container engine here, but its steps are a script's. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../../..');
const SELF_TEST = join(ROOT, 'guests/bare-metal/dist/selftest.elf');

const dockerfile = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'crosvm-docker-'));
const program = join(scratch, 'bin/crosvm');

beforeAll(() => {
  execFileSync('make', ['-s', '-C', join(ROOT, 'guests/bare-metal')]);
});

afterAll(() => rmSync(scratch, { recursive: true }));

describe('the image', () => {
  it('is built by a script of the checkout', () => {
    const commands = [...dockerfile.matchAll(/^RUN (\S+) (\S+)$/gm)].map(([, ...words]) => words);

    expect(commands).toEqual([['docker/install', '/opt/crosvm']]);
    expect(existsSync(join(ROOT, 'docker/install'))).toBe(true);
  });

  it('has what that script installs where it is looked for', () => {
    const { status, stderr } = spawnSync(join(ROOT, 'docker/install'), [scratch], {
      encoding: 'utf8',
    });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(execFileSync(program, ['version'], { encoding: 'utf8' })).toMatch(/^crosvm \d/);
  });

  it('runs a guest, its devices jailed, without the checkout', () => {
    const { stdout, stderr } = spawnSync(program, ['run', SELF_TEST], {
      encoding: 'utf8',
      cwd: scratch,
    });

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d+ ok, 0 failed/m);
  });
});
