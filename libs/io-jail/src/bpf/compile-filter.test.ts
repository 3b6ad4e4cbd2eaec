import { SYSCALLS_X86_64 } from '@crosvm/syscall-defines';

import { AUDIT_ARCH, compileFilter, decodeAction, parsePolicy, runFilter } from '../index';

const policy = parsePolicy(
  [
    'read: 1',
    'ioctl: arg1 == TCGETS || arg1 == TIOCGWINSZ || arg1 == 0x123456789abc',
    'openat: return EPERM',
    'futex: arg1 < 3; return ENOSYS',
    'mprotect: arg2 in ~PROT_EXEC',
  ].join('\n'),
  { arch: 'x86_64' },
);

const READ = 0;
const MPROTECT = 10;
const IOCTL = 16;
const FUTEX = 202;
const OPENAT = 257;

function runner(options: Parameters<typeof compileFilter>[1], arch = AUDIT_ARCH.x86_64) {
  const program = compileFilter(policy, options);
  return (nr: number, ...args: bigint[]): unknown =>
    decodeAction(runFilter(program, { nr, arch, args }));
}

/** Policies whose jumps are of all lengths up to some hundred instructions. */
const growing = Array.from({ length: 130 }, (_, most) => {
  const terms = Array.from({ length: most + 1 }, (_, index) =>
    index % 3 === 0 ? `arg0 > ${index} && arg1 == ${index}` : `arg${index % 3} == ${index}`,
  );
  return { most, text: `read: ${terms.join(' || ')}; return EPERM\nwrite: 1` };
});

describe('jumps', () => {
  it('reach over any number of instructions', () => {
    const answers = growing.map(({ most, text }) => {
      const program = compileFilter(parsePolicy(text, { arch: 'x86_64' }));
      const run = (...args: bigint[]) =>
        decodeAction(runFilter(program, { nr: READ, arch: AUDIT_ARCH.x86_64, args })).kind;
      const last = BigInt(most);
      return [run(last + 1n, last, last), run(0n, 0n, 0n)];
    });

    expect(answers).toEqual(growing.map(() => ['allow', 'errno']));
  });

  it('reach over thousands of them', () => {
    const names = Object.keys(SYSCALLS_X86_64).slice(0, 300);
    const text = names.map((name, index) => `${name}: arg0 == ${index} && arg1 > ${index}\n`);
    const program = compileFilter(parsePolicy(text.join(''), { arch: 'x86_64' }));
    const kinds = names.map((name, index) => {
      const call = { nr: SYSCALLS_X86_64[name as 'read'], arch: AUDIT_ARCH.x86_64 };
      const run = (...args: bigint[]) => decodeAction(runFilter(program, { ...call, args })).kind;
      return [run(BigInt(index), BigInt(index + 1)), run(BigInt(index), BigInt(index))];
    });

    expect(kinds).toEqual(names.map(() => ['allow', 'kill-process']));
    expect(program.length / 8).toBeGreaterThan(2000);
  });

  it('do not reach over more than the kernel takes', () => {
    const terms = Array.from({ length: 1500 }, (_, index) => `arg0 > ${index} && arg1 == ${index}`);
    const policy = parsePolicy(`read: ${terms.join(' || ')}`, { arch: 'x86_64' });

    expect(() => compileFilter(policy)).toThrow(
      /compiles to \d+ instructions, the kernel takes 4096/,
    );
  });
});

describe('a compiled policy', () => {
  it('allows what a rule permits and kills for the rest', () => {
    const run = runner({});

    expect(run(READ)).toEqual({ kind: 'allow' });
    expect(run(1)).toEqual({ kind: 'kill-process' });
    expect(run(IOCTL, 0n, 0x5413n)).toEqual({ kind: 'allow' });
    expect(run(IOCTL, 0n, 0x123456789abcn)).toEqual({ kind: 'allow' });
  });

  it('compares the upper half of an argument, too', () => {
    const run = runner({});

    expect(run(IOCTL, 0n, 0x1_0000_5401n)).toEqual({ kind: 'kill-process' });
    expect(run(FUTEX, 0n, 0x1_0000_0000n)).toEqual({ kind: 'errno', errno: 38 });
  });

  it('returns errors where the policy says so', () => {
    const run = runner({});

    expect(run(OPENAT)).toEqual({ kind: 'errno', errno: 1 });
    expect(run(FUTEX, 0n, 3n)).toEqual({ kind: 'errno', errno: 38 });
    expect(run(FUTEX, 0n, 2n)).toEqual({ kind: 'allow' });
  });

  it('kills for calls of other ABIs, whatever follows a violation', () => {
    expect(runner({ violation: 'log' })(READ + 0x4000_0000)).toEqual({ kind: 'kill-process' });
    expect(runner({ violation: 'log' }, 0x4000_0003)(READ)).toEqual({ kind: 'kill-process' });
  });

  it.each([-1, 4096, 1.5])('cannot return %p for an error', (violation) => {
    expect(() => compileFilter(policy, { violation })).toThrow('is no error number');
  });

  it('can make a range of memory executable', () => {
    const executable = [{ start: 0x1000_0000_0000, end: 0x1000_0100_0000 }];
    const run = runner({ executable });

    expect(run(MPROTECT, 0x1000_0000_0000n, 0x100_0000n, 5n)).toEqual({ kind: 'allow' });
    expect(run(MPROTECT, 0x1000_00ff_f000n, 0x2000n, 5n)).toEqual({ kind: 'kill-process' });
    expect(run(MPROTECT, 0x1000_00ff_f000n, 2n ** 64n - 4096n, 5n)).toEqual({
      kind: 'kill-process',
    });
    expect(run(MPROTECT, 0n, 0x2000n, 3n)).toEqual({ kind: 'allow' });
    expect(run(MPROTECT, 0n, 0x2000n, 5n)).toEqual({ kind: 'kill-process' });
  });
});
