import type { SyscallArch } from '../syscalls';
import { aarch64Constants } from './aarch64';
import { errorNumbers } from './errors';
import { fileConstants } from './files';
import { ioctlConstants } from './ioctls';
import { memoryConstants } from './memory';
import { processConstants } from './processes';
import { socketConstants } from './sockets';
import type { ConstantTable } from './table';
import { x8664Constants } from './x86-64';

const COMMON = [
  memoryConstants,
  processConstants,
  fileConstants,
  errorNumbers,
  ioctlConstants,
  socketConstants,
];

const OF_ARCH: Readonly<Record<SyscallArch, () => ConstantTable>> = {
  x86_64: x8664Constants,
  aarch64: aarch64Constants,
};

/** Tables are made when a name is first looked up in them: most programs need few of them. */
const made = new Map<() => ConstantTable, ConstantTable>();

function tableOf(make: () => ConstantTable): ConstantTable {
  let table = made.get(make);
  if (table === undefined) {
    table = make();
    made.set(make, table);
  }
  return table;
}

/**
 * The value of a constant of the C headers that arguments of system calls are made of, such as
 * `PROT_EXEC` or `TCGETS`, on this architecture; `undefined` where the tables do not have it.
 */
export function syscallConstant(arch: SyscallArch, name: string): number | undefined {
  for (const make of [...COMMON, OF_ARCH[arch]]) {
    const table = tableOf(make);
    if (Object.hasOwn(table, name)) {
      return table[name];
    }
  }
  return undefined;
}

/** All constants of an architecture: common ones and its own. */
export function syscallConstants(arch: SyscallArch): ConstantTable {
  return Object.assign({}, ...[...COMMON, OF_ARCH[arch]].map(tableOf)) as ConstantTable;
}
