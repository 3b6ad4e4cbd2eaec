import { currentArch, syscallConstant } from '@crosvm/syscall-defines';

/** A constant of the kernel's headers. */
export function constant(name: string): number {
  const value = syscallConstant(currentArch(), name);
  if (value === undefined) {
    throw new Error(`no constant is called ${name}`);
  }
  return value;
}

/** Several constants together. */
export function flags(...names: readonly string[]): number {
  return names.reduce((all, name) => all | constant(name), 0);
}
