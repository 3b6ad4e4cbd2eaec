import { SYSCALLS_AARCH64 } from './aarch64';
import { SYSCALLS_X86_64 } from './x86-64';

/** An architecture whose system calls are known, under the kernel's name for it. */
export type SyscallArch = 'x86_64' | 'aarch64';

/** System call numbers by name. */
export type SyscallTable = Readonly<Record<string, number>>;

const TABLES: Readonly<Record<SyscallArch, SyscallTable>> = {
  x86_64: SYSCALLS_X86_64,
  aarch64: SYSCALLS_AARCH64,
};

/** Names by number; made when first asked for, because only messages need it. */
const names = new Map<SyscallArch, ReadonlyMap<number, string>>();

function namesOf(arch: SyscallArch): ReadonlyMap<number, string> {
  let table = names.get(arch);
  if (table === undefined) {
    table = new Map(Object.entries(TABLES[arch]).map(([name, nr]) => [nr, name]));
    names.set(arch, table);
  }
  return table;
}

/** All system calls of an architecture, by name. */
export function syscallsOf(arch: SyscallArch): SyscallTable {
  return TABLES[arch];
}

/** The name of system call `nr`, or `undefined` where the table has no such number. */
export function syscallName(arch: SyscallArch, nr: number): string | undefined {
  return namesOf(arch).get(nr);
}

/**
 * The kernel's name of an architecture that Node names `arch` (default: this process's).
 * @throws Error if its system calls are not known here
 */
export function currentArch(arch: string = process.arch): SyscallArch {
  if (arch === 'x64') {
    return 'x86_64';
  }
  if (arch === 'arm64') {
    return 'aarch64';
  }
  throw new Error(`system calls of '${arch}' are not known: only x64 and arm64 are`);
}

/**
 * The system calls of the architecture that this process runs on, by name.
 * @throws Error if its system calls are not known here
 */
export function currentSyscalls(): SyscallTable {
  return TABLES[currentArch()];
}
