import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program for which permissions of files count, also when it is root's. */
const WITHOUT_OVERRIDE =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--']
    : [];

const BUILD = `
import { mkdirSync, writeFileSync } from 'node:fs';
const dist = import.meta.dirname + '/dist';
mkdirSync(dist, { recursive: true });
writeFileSync(dist + '/main.js', "process.stdout.write('built, and run')");
writeFileSync(dist + '/.built', '');
`;

/** What `bin/crosvm` looks at, with a build that takes no time. */
class Checkout implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'crosvm-checkout-'));

  constructor() {
    for (const directory of [
      'bin',
      'node_modules/esbuild',
      'libs/one/src',
      'apps/crosvm/src',
      'seccomp',
    ]) {
      mkdirSync(this.file(directory), { recursive: true });
    }
    for (const name of ['libs/one', 'apps/crosvm']) {
      writeFileSync(this.file(`${name}/package.json`), '{}');
    }
    writeFileSync(this.file('package-lock.json'), '{}');
    writeFileSync(this.file('apps/crosvm/build.mjs'), BUILD);
    copyFileSync(join(__dirname, '../../../bin/crosvm'), this.file('bin/crosvm'));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Lets a source be newer than what was built. */
  outdate(): void {
    const past = new Date(Date.now() - 3_600_000);
    utimesSync(this.file('apps/crosvm/dist/.built'), past, past);
  }

  run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const [program = '', ...rest] = [...WITHOUT_OVERRIDE, this.file('bin/crosvm'), ...args];
    const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  [Symbol.dispose](): void {
    for (const name of PLACES.filter((name) => existsSync(this.file(name)))) {
      chmodSync(this.file(name), 0o755);
    }
    rmSync(this.path, { recursive: true });
  }
}

const LOCK = 'node_modules/.crosvm-build.lock';

/** What a build writes to. */
const PLACES = [LOCK, 'apps/crosvm', 'apps/crosvm/dist', 'node_modules'];

const RUNS = { status: 0, stdout: 'built, and run', stderr: '' };

describe('bin/crosvm', () => {
  it('builds where nothing was built, and runs it', () => {
    using checkout = new Checkout();
    expect(checkout.run()).toEqual(RUNS);
  });

  it('builds only, when told so', () => {
    using checkout = new Checkout();
    expect(checkout.run('--build-only')).toEqual({ ...RUNS, stdout: '' });
    expect(existsSync(checkout.file('apps/crosvm/dist/.built'))).toBe(true);
  });

  it('runs what is up to date without writing anything', () => {
    using checkout = new Checkout();
    checkout.run('--build-only');
    PLACES.forEach((name) => chmodSync(checkout.file(name), 0o555));
    expect(checkout.run()).toEqual(RUNS);
  });

  it.each(PLACES.slice(0, 3))('says that it is out of date where %s is not writable', (name) => {
    using checkout = new Checkout();
    checkout.run('--build-only');
    checkout.outdate();
    chmodSync(checkout.file(name), 0o555);
    const { status, stdout, stderr } = checkout.run('run', 'vmlinux');
    const [what, hint, ...more] = stderr.split('\n');
    const path = checkout.file(name);
    expect(what).toBe(`crosvm: the build is out of date and this user cannot write to ${path}`);
    expect(hint).toContain(`run ${checkout.path}/bin/crosvm --build-only as its owner, `);
    expect({ status, stdout, more }).toEqual({ status: 1, stdout: '', more: [''] });
  });

  it.each([
    [LOCK, 'node_modules'],
    ['apps/crosvm/dist', 'apps/crosvm'],
  ])('says so where %s is missing and %s not writable', (name, parent) => {
    using checkout = new Checkout();
    checkout.run('--build-only');
    rmSync(checkout.file(name), { recursive: true });
    rmSync(checkout.file('apps/crosvm/dist'), { recursive: true, force: true });
    chmodSync(checkout.file(parent), 0o555);
    const { status, stderr } = checkout.run();
    expect(stderr).toMatch(`this user cannot write to ${checkout.file(parent)}\n`);
    expect(status).toBe(1);
  });

  it('says so where npm packages are missing', () => {
    using checkout = new Checkout();
    rmSync(checkout.file('node_modules'), { recursive: true });
    const { status, stderr } = checkout.run();
    expect(stderr).toMatch(/^crosvm: npm packages are not installed\n {2}hint: run npm ci/);
    expect(status).toBe(1);
  });
});
