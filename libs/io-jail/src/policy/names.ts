import {
  type SyscallArch,
  syscallConstant,
  syscallConstants,
  syscallName,
  syscallsOf,
} from '@crosvm/syscall-defines';

import { nearName } from './near-name';

const OTHER_ARCH: Readonly<Record<SyscallArch, SyscallArch>> = {
  x86_64: 'aarch64',
  aarch64: 'x86_64',
};

/** Numbers from here on are x32's on x86_64, and nobody's on aarch64. */
const END_OF_NUMBERS = 0x4000_0000;

/** A system call by the name that a policy has for it: a name, or a number in decimal. */
export function findCall(
  arch: SyscallArch,
  name: string,
): { name: string; number: number } | undefined {
  const table = syscallsOf(arch);
  if (Object.hasOwn(table, name)) {
    return { name, number: table[name] ?? 0 };
  }
  const number = Number(name);
  if (/^\d+$/.test(name) && number < END_OF_NUMBERS) {
    return { name: syscallName(arch, number) ?? name, number };
  }
  return undefined;
}

/** What to say about a call that is not known. */
export function unknownCallText(arch: SyscallArch, name: string): string {
  if (Object.hasOwn(syscallsOf(OTHER_ARCH[arch]), name)) {
    return `'${name}' is a system call of ${OTHER_ARCH[arch]} that ${arch} does not have: remove it here`;
  }
  const near = nearName(name, Object.keys(syscallsOf(arch)));
  const hint =
    near === undefined ? 'look it up with ausyscall or in unistd.h' : `did you mean '${near}'?`;
  return `unknown system call '${name}' on ${arch}: ${hint}`;
}

/** The value of a named constant, as 64 bits in two's complement. */
export function findConstant(arch: SyscallArch, name: string): bigint | undefined {
  const value = syscallConstant(arch, name);
  return value === undefined ? undefined : BigInt.asUintN(64, BigInt(value));
}

/** What to say about a constant that is not known. */
export function unknownConstantText(arch: SyscallArch, name: string): string {
  if (syscallConstant(OTHER_ARCH[arch], name) !== undefined) {
    return `'${name}' is a constant of ${OTHER_ARCH[arch]} that ${arch} does not have`;
  }
  const near = nearName(name, Object.keys(syscallConstants(arch)));
  const hint = near === undefined ? 'write its number' : `did you mean '${near}'?`;
  return `unknown constant '${name}': ${hint}`;
}
