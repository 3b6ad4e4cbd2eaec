import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

import { AUDIT_ARCH, decodeAction, parsePolicy, runFilter } from '../index';
import { runTool } from './run-tool';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-tool-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** What the tool prints, and how it ends. */
function run(...args: string[]): { status: number; out: string; err: string } {
  const said = { out: '', err: '' };
  const status = runTool(args, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
  });
  return { status, ...said };
}

describe('crosvm-policy check', () => {
  it('tells how large filters are', () => {
    const path = write('a.policy', 'read: 1\nwrite: 1');

    expect(run('check', '--arch', 'x86_64', path)).toEqual({
      status: 0,
      out: `${path}: 2 calls of x86_64, 6 instructions\n`,
      err: '',
    });
  });

  it('tells the mistakes of all files', () => {
    const good = write('good.policy', 'read: 1');
    const bad = write('bad.policy', 'raed: 1\nread: arg0 = 1');
    const none = join(directory, 'none.policy');

    const { status, out, err } = run('check', '--arch=aarch64', bad, good, none);

    expect(status).toBe(1);
    expect(out).toContain(`${good}: 1 calls of aarch64`);
    expect(err.split('\n')).toEqual([
      `${bad}:1:1: unknown system call 'raed' on aarch64: did you mean 'read'?`,
      `${bad}:2:12: unexpected character "=": did you mean '=='?`,
      `${none}: no such file`,
      '',
    ]);
  });

  it.each(['x86_64', 'aarch64'])('takes a directory named %s at its word', (arch) => {
    mkdirSync(join(directory, arch));

    expect(run('check', write(`${arch}/a.policy`, 'read: 1')).out).toContain(`of ${arch},`);
  });

  it('tells of a policy that is too large', () => {
    const terms = Array.from({ length: 1500 }, (_, index) => `arg0 > ${index} && arg1 == ${index}`);

    const { status, err } = run('check', write('a.policy', `read: ${terms.join(' || ')}`));

    expect(status).toBe(1);
    expect(err).toMatch(/compiles to \d+ instructions/);
  });
});

describe('crosvm-policy compile', () => {
  it('prints a listing', () => {
    const { status, out } = run(
      'compile',
      '--arch',
      'x86_64',
      write('a.policy', 'close: return EPERM'),
    );

    expect(status).toBe(0);
    expect(out).toMatch(/^ +ld arch\n.*# x86_64\n.*ld nr\n(.*\n)*.*jeq 3 .* # close\n/);
    expect(out).toContain('ret errno 1\n');
  });

  it('writes the program to a file', () => {
    const output = join(directory, 'a.bpf');
    const path = write('a.policy', 'close: 1');

    const { status, out } = run(
      'compile',
      path,
      '--arch',
      'x86_64',
      '--violation',
      '38',
      '-o',
      output,
    );

    const program = readFileSync(output);
    const answer = (nr: number) =>
      decodeAction(runFilter(program, { nr, arch: AUDIT_ARCH.x86_64, args: [] }));
    expect([status, out]).toEqual([0, '']);
    expect(answer(3)).toEqual({ kind: 'allow' });
    expect(answer(4)).toEqual({ kind: 'errno', errno: 38 });
  });

  it('prints an array in C', () => {
    const { out } = run('compile', '--c', '--arch', 'x86_64', write('a.policy', 'close: 1'));

    expect(out).toContain(
      'static const struct sock_filter policy[] = {\n  { 0x20, 0, 0, 0x00000004 },\n',
    );
    expect(out).toContain('  { 0x06, 0, 0, 0x7fff0000 },\n');
  });

  it('says why it cannot write', () => {
    const { status, err } = run(
      'compile',
      write('a.policy', 'read: 1'),
      '-o',
      join(directory, 'no/a'),
    );

    expect(status).toBe(1);
    expect(err).toContain('ENOENT: no such file or directory');
  });

  it.each(['kill', 'trap', 'log', 'notify'])('knows the violation %p', (violation) => {
    const path = write('a.policy', 'read: 1');
    const { out } = run('compile', path, '--violation', violation);

    expect(out).toContain(`ret ${violation}`);
  });
});

describe('crosvm-policy print', () => {
  it('prints one policy that says the same', () => {
    const common = write('common.policy', 'write: arg0 == 1||arg0 in ~(PROT_EXEC|1); return EPERM');
    const path = write(
      'a.policy',
      '@include common.policy\n{close, read}: 1\nopenat: return ENOSYS\nfork: kill',
    );

    const { out } = run('print', '--arch', 'x86_64', path);

    expect(out.replace(/ +#/g, ' #').split('\n')).toEqual([
      '# x86_64: 5 calls',
      `read: 1 # ${path}:2:9`,
      `write: arg0 == 1 || arg0 in ~(PROT_EXEC | 1); return 1 # ${common}:1:1`,
      `close: 1 # ${path}:2:2`,
      `fork: kill # ${path}:4:1`,
      `openat: return 38 # ${path}:3:1`,
      '',
    ]);
    expect(parsePolicy(out, { arch: 'x86_64' }).rules).toHaveLength(5);
  });
});

describe('the command line of crosvm-policy', () => {
  it('has a help text', () => {
    const { status, out } = run('--help');

    expect(status).toBe(0);
    expect(out).toMatch(/^Usage: crosvm-policy COMMAND/);
  });

  it.each([
    [[], 'no command'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['check'], 'no policy is named'],
    [['print', 'a', 'b'], 'only one policy at a time'],
    [['check', '--arch', 'vax', 'a'], "--arch is x86_64 or aarch64, not 'vax'"],
    [['check', '--what', 'a'], "Unknown option '--what'"],
    [['compile', '--violation', 'x', '/dev/null'], '/dev/null: not a regular file'],
  ])('%j is wrong', (args, text) => {
    const { status, err } = run(...args);

    expect(status).toBeGreaterThan(0);
    expect(err).toContain(text);
  });

  it('must have a violation that exists', () => {
    const { status, err } = run('compile', '--violation', 'x', write('a.policy', 'read: 1'));

    expect(status).toBe(2);
    expect(err).toContain("--violation is kill, trap, log, notify or a number, not 'x'");
  });
});

describe('the program crosvm-policy', () => {
  it('ends with the status, and needs none of the libraries that jails need', () => {
    const outfile = join(directory, 'crosvm-policy.cjs');
    buildSync({
      entryPoints: [join(__dirname, 'main.ts')],
      bundle: true,
      platform: 'node',
      conditions: ['@crosvm/source'],
      outfile,
    });

    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [outfile, 'check', write('a.policy', 'read: 1'), join(directory, 'none')],
      { encoding: 'utf8' },
    );

    expect([status, stdout, stderr]).toEqual([
      1,
      expect.stringContaining('a.policy: 1 calls'),
      expect.stringContaining('none: no such file'),
    ]);
    expect(readFileSync(outfile, 'utf8')).not.toMatch(/koffi/);
  });
});
