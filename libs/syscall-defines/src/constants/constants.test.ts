import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { syscallConstant, syscallConstants } from '../index';

/** What the C headers said when the golden file was made. */
interface Golden {
  readonly headers: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  /** Names that those headers are too old for. */
  readonly missing: readonly string[];
}

const golden = JSON.parse(
  readFileSync(join(__dirname, '../golden/x86_64-constants.json'), 'utf8'),
) as Golden;

/** glibc has 0 for it, because its calls need not say it; programs without glibc do. */
const KERNELS_OWN = ['O_LARGEFILE'];

const ENV = { ...process.env, LC_ALL: 'C' };

function program(headers: readonly string[], names: readonly string[]): string {
  return [
    '#define _GNU_SOURCE',
    ...['stdio.h', ...headers].map((header) => `#include <${header}>`),
    'static const struct { const char *name; long long value; } table[] = {',
    ...names.flatMap((name, index) => [
      `#line ${index + 1} "names"`,
      `{ "${name}", (long long)(${name}) },`,
    ]),
    '};',
    'int main(void) {',
    '  for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)',
    '    printf("%s %lld\\n", table[i].name, table[i].value);',
    '}',
  ].join('\n');
}

/** The values that this machine's headers have for those of the names that they know. */
function measure(headers: readonly string[], names: readonly string[]): Record<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'constants-'));
  const output = join(directory, 'constants');
  const args = ['-x', 'c', '-w', '-fmax-errors=0', '-o', output, '-'];
  const compile = (input: string): string =>
    spawnSync('gcc', args, { input, env: ENV, encoding: 'utf8' }).stderr;
  try {
    const errors = compile(program(headers, names));
    const unknown = new Set(
      Array.from(errors.matchAll(/^names:(\d+):\d+: error:/gm), ([, line]) => Number(line)),
    );
    compile(
      program(
        headers,
        names.filter((_, index) => !unknown.has(index + 1)),
      ),
    );
    const { stdout } = spawnSync(output, { encoding: 'utf8' });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    return Object.fromEntries(lines.map(([name = '', value]) => [name, Number(value)]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const hasHeaders =
  process.arch === 'x64' &&
  spawnSync('gcc', ['-x', 'c', '-w', '-fsyntax-only', '-'], { input: program(golden.headers, []) })
    .status === 0;

const measured = hasHeaders
  ? it
  : (name: string, run: () => void) => it.skip(`${name} [skipped: no x86_64, gcc or headers]`, run);

const x86 = syscallConstants('x86_64');
const withoutGaps = Object.fromEntries(
  Object.entries(x86).filter(([name]) => ![...golden.missing, ...KERNELS_OWN].includes(name)),
);

describe('constants of x86_64', () => {
  it('are those of the C headers, as the golden file keeps them', () => {
    expect(withoutGaps).toEqual(golden.values);
    expect(Object.keys(golden.values).length).toBeGreaterThan(1300);
  });

  measured("are those of this machine's headers", () => {
    const values = measure(golden.headers, Object.keys(withoutGaps));

    expect(x86).toMatchObject(values);
    expect(Object.keys(values).length).toBeGreaterThan(1000);
  });

  measured('are those of the kernel where glibc has others or none', () => {
    const kernels = {
      ...measure(['asm/fcntl.h'], ['O_LARGEFILE', 'O_DIRECTORY', 'O_DIRECT']),
      ...measure(
        ['asm/termbits.h', 'asm/ioctls.h'],
        ['TCGETS2', 'TCSETS2', 'TCSETSW2', 'TCSETSF2'],
      ),
      ...measure(['linux/sched.h'], ['CLONE_CLEAR_SIGHAND', 'CLONE_INTO_CGROUP']),
      ...measure(['linux/fs.h', 'linux/fiemap.h'], ['FS_IOC_FIEMAP']),
    };

    expect(x86).toMatchObject(kernels);
    expect(Object.keys(kernels)).toHaveLength(10);
  });
});

describe('constants of aarch64', () => {
  const aarch64 = syscallConstants('aarch64');

  it('have other values where arch/arm64/include/uapi/asm/fcntl.h does', () => {
    const others = Object.entries(aarch64).filter(
      ([name, value]) => name in x86 && x86[name] !== value,
    );

    expect(Object.fromEntries(others)).toEqual({
      O_DIRECTORY: 0o40000,
      O_NOFOLLOW: 0o100000,
      O_DIRECT: 0o200000,
      O_LARGEFILE: 0o400000,
      O_TMPFILE: 0o20040000,
    });
  });

  it('lack what only x86_64 has, and have some of their own', () => {
    const only = (a: object, b: object): string[] => Object.keys(a).filter((name) => !(name in b));

    expect(only(x86, aarch64)).toEqual(
      expect.arrayContaining(['MAP_32BIT', 'ARCH_SET_FS', 'KVM_SET_REGS']),
    );
    expect(only(aarch64, x86)).toEqual(
      expect.arrayContaining(['PROT_BTI', 'PROT_MTE', 'KVM_ARM_VCPU_INIT']),
    );
  });
});

describe('syscallConstant', () => {
  it('finds what the tables have', () => {
    const names = Object.keys(x86);

    expect(names.map((name) => syscallConstant('x86_64', name))).toEqual(Object.values(x86));
    expect(syscallConstant('aarch64', 'AT_FDCWD')).toBe(-100);
  });

  it('finds nothing else', () => {
    expect(syscallConstant('x86_64', 'PROT_BTI')).toBeUndefined();
    expect(syscallConstant('x86_64', 'toString')).toBeUndefined();
  });
});
