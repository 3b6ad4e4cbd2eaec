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

type MakeTable = () => ConstantTable;

/** The tables that all architectures share, and what most of the names in them begin with. */
const COMMON: readonly (readonly [make: MakeTable, beginnings: RegExp])[] = [
  [memoryConstants, /^(PROT|MAP|MADV|MREMAP|MCL|MS|MLOCK|PKEY|MPOL)_/],
  [fileConstants, /^(O|F|FD|AT|S|SEEK|LOCK|FALLOC|RWF|MFD|STATX|GRND)_/],
  [errorNumbers, /^E[A-Z0-9]+$/],
  [ioctlConstants, /^(TC|TIOC|FI|SIOC|TUN|BLK|(FS|KVM|VFIO|VHOST|UDMABUF)_)/],
  [socketConstants, /^(AF|SOCK|SOL|SO|MSG|SHUT|IPPROTO|SCM|TCP)_/],
  [processConstants, /^(CLONE|FUTEX|SIG|PR|CLOCK|EPOLL|POLL|RLIMIT|IORING|MEMBARRIER)/],
];

const OF_ARCH: Readonly<Record<SyscallArch, MakeTable>> = {
  x86_64: x8664Constants,
  aarch64: aarch64Constants,
};

/** Tables are made when a name is first looked up in them: most programs need few of them. */
const made = new Map<MakeTable, ConstantTable>();

function tableOf(make: MakeTable): ConstantTable {
  let table = made.get(make);
  if (table === undefined) {
    table = make();
    made.set(make, table);
  }
  return table;
}

/** All tables of an architecture, those first where the name probably is. */
function tablesFor(arch: SyscallArch, name: string): readonly MakeTable[] {
  const likely = COMMON.find(([, beginnings]) => beginnings.test(name));
  const all = [OF_ARCH[arch], ...COMMON.map(([make]) => make)];
  return likely === undefined ? all : [likely[0], ...all];
}

/**
 * The value of a constant of the C headers that arguments of system calls are made of, such as
 * `PROT_EXEC` or `TCGETS`, on this architecture; `undefined` where the tables do not have it.
 */
export function syscallConstant(arch: SyscallArch, name: string): number | undefined {
  for (const make of tablesFor(arch, name)) {
    const table = tableOf(make);
    if (Object.hasOwn(table, name)) {
      return table[name];
    }
  }
  return undefined;
}

/** All constants of an architecture: common ones and its own. */
export function syscallConstants(arch: SyscallArch): ConstantTable {
  return Object.assign({}, ...tablesFor(arch, '').map(tableOf)) as ConstantTable;
}
