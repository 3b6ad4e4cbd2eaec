import type Koffi from 'koffi';

/*
 * koffi's own entry searches for its binary and reads the ELF headers of Node to find out which libc
 * this is: 4 ms in each process and worker, against 1 ms for loading the binary itself (seen).
 */
const BINARY = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;

function load(): typeof Koffi {
  try {
    return require(BINARY) as typeof Koffi;
  } catch {
    // Another libc, or a package manager that hides the dependencies of dependencies.
    return (require('koffi') as { default: typeof Koffi }).default;
  }
}

/** The native FFI. */
export const koffi = load();
