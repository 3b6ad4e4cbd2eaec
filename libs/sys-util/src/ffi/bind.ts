import { koffi } from './koffi';

import type { CType, Functions, SignatureTable } from './signature';

/** koffi's names of the C types; a pointer that is returned arrives as a number. */
const ARGUMENT_TYPES: Readonly<Record<CType, string>> = {
  void: 'void',
  int: 'int',
  uint: 'uint',
  long: 'long',
  ulong: 'ulong',
  size_t: 'size_t',
  ssize_t: 'long',
  pointer: 'void *',
  string: 'str',
};

const RESULT_TYPES: Readonly<Record<CType, string>> = { ...ARGUMENT_TYPES, pointer: 'uintptr_t' };

/**
 * Binds the functions of a signature table to a shared library (`null`: the process itself, which
 * always has libc).
 * @throws Error if the library or a symbol does not exist
 */
export function bind<const Table extends SignatureTable>(
  library: string | null,
  table: Table,
): Functions<Table> {
  const handle = koffi.load(library);
  const functions = Object.entries(table).map(([name, [result, args, options]]) => [
    name,
    handle.func(
      options?.symbol ?? name,
      RESULT_TYPES[result],
      args.map((type) => ARGUMENT_TYPES[type]),
    ),
  ]);
  return Object.fromEntries(functions) as Functions<Table>;
}

/** The calling thread's `errno` as the last bound function left it. */
export function lastErrno(): number {
  return koffi.errno();
}

/**
 * An `ArrayBuffer` over `length` bytes (below 4 GiB) at `address`.
 * Do not post it to a worker, which would copy it silently: post the address.
 */
// SAFETY: the memory stays mapped as long as anyone uses the buffer; see `Mapping`.
export function viewMemory(address: number, length: number): ArrayBuffer {
  return koffi.view(address, length);
}
