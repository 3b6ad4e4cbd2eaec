import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import {
  currentArch,
  currentSyscalls,
  SYSCALLS_AARCH64,
  SYSCALLS_X86_64,
  syscallName,
  syscallsOf,
  type SyscallTable,
} from './index';

const X86_64_HEADER = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h';
const GENERIC_HEADER = '/usr/include/asm-generic/unistd.h';

/** What arch/arm64/include/uapi/asm/unistd.h chooses before it includes the generic header. */
const AARCH64_CHOICES = [
  'RENAMEAT',
  'NEW_STAT',
  'SET_GET_RLIMIT',
  'TIME32_SYSCALLS',
  'SYS_CLONE3',
  'MEMFD_SECRET',
].map((name) => `-D__ARCH_WANT_${name}`);

const hasGcc = spawnSync('gcc', ['--version']).status === 0;

/** A test that says why it is skipped where `condition` does not hold. */
const itIf = (condition: boolean, reason: string): ((name: string, run: () => void) => void) =>
  condition
    ? (name, run) => it(name, run)
    : (name, run) => it.skip(`${name} [skipped: ${reason}]`, run);

/** The numbers in `#define __NR_name number` lines, aliases followed. */
function parseDefines(text: string): SyscallTable {
  const defines = new Map(
    Array.from(text.matchAll(/^#define (__NR\w*) (\S+)$/gm), (match) => [match[1]!, match[2]!]),
  );
  const follow = (value: string): number => Number(defines.get(value) ?? value);
  return Object.fromEntries(
    [...defines]
      .filter(([name]) => /^__NR_(?!syscalls$|arch_specific_syscall$)/.test(name))
      .map(([name, value]) => [name.slice('__NR_'.length), follow(value)]),
  );
}

/** The newest system call that the tables know: listns of Linux 6.19. */
const NEWEST = 470;

/** What the header, which may be newer, says about the numbers that the tables cover. */
function covered(header: SyscallTable): SyscallTable {
  return Object.fromEntries(Object.entries(header).filter(([, nr]) => nr <= NEWEST));
}

describe('system call tables', () => {
  itIf(existsSync(X86_64_HEADER), `${X86_64_HEADER} is not installed`)(
    'of x86_64 agrees with the installed kernel header',
    () => {
      const header = parseDefines(readFileSync(X86_64_HEADER, 'utf8'));

      expect(Object.keys(header).length).toBeGreaterThan(300);
      expect(SYSCALLS_X86_64).toMatchObject(covered(header));
    },
  );

  itIf(hasGcc && existsSync(GENERIC_HEADER), `gcc or ${GENERIC_HEADER} is not installed`)(
    'of aarch64 agrees with the installed kernel header',
    () => {
      const args = ['-E', '-dM', ...AARCH64_CHOICES, GENERIC_HEADER];
      const header = parseDefines(execFileSync('gcc', args, { encoding: 'utf8' }));

      expect(Object.keys(header).length).toBeGreaterThan(300);
      expect(SYSCALLS_AARCH64).toMatchObject(covered(header));
    },
  );

  it.each(['x86_64', 'aarch64'] as const)('of %s gives each number once', (arch) => {
    const numbers = Object.values(syscallsOf(arch));

    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('has numbers that differ between the architectures, and new ones that do not', () => {
    expect([SYSCALLS_X86_64.read, SYSCALLS_AARCH64.read]).toEqual([0, 63]);
    expect([SYSCALLS_X86_64.openat2, SYSCALLS_AARCH64.openat2]).toEqual([437, 437]);
  });
});

describe('syscallName', () => {
  it('is the inverse of the tables', () => {
    const back = Object.values(SYSCALLS_X86_64).map((nr) => syscallName('x86_64', nr));

    expect(back).toEqual(Object.keys(SYSCALLS_X86_64));
    expect(syscallName('aarch64', 63)).toBe('read');
  });

  it('knows nothing of numbers that are nobody’s', () => {
    expect(syscallName('x86_64', 100_000)).toBeUndefined();
    expect(syscallName('x86_64', -1)).toBeUndefined();
  });
});

describe('the current architecture', () => {
  it('has the system calls that its name stands for', () => {
    expect(currentSyscalls()).toBe(syscallsOf(currentArch()));
  });

  it('is translated from Node’s names', () => {
    expect(currentArch('x64')).toBe('x86_64');
    expect(currentArch('arm64')).toBe('aarch64');
    expect(() => currentArch('riscv64')).toThrow("system calls of 'riscv64' are not known");
  });
});
