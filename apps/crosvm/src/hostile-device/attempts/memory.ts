import { bind } from '@crosvm/sys-util';

import { type Attempt, attempt, single } from '../attempt';
import type { Attacker } from '../attacker';
import { constant, flags } from '../constants';

const libc = bind(null, {
  memcpy: ['pointer', ['pointer', 'pointer', 'size_t']],
  qsort: ['void', ['pointer', 'size_t', 'size_t', 'pointer']],
});

/** `mov $20, %eax; int $0x80; ret`: getpid by the 32-bit ABI. */
const CALL_OF_32_BITS = Uint8Array.of(0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3);

const PAGE = 4096;
const TWO_POW_32 = 2 ** 32;

/** Of linux/userfaultfd.h, asm/mman.h, linux/shm.h. */
const UFFD_USER_MODE_ONLY = 1;
const IPC_PRIVATE = 0;
const IPC_CREAT = 0o1000;
const SHM_EXEC = 0o100000;
const MREMAP_MAYMOVE = 1;
const MADV_HWPOISON = 100;
const FUTEX_WAIT = 0;

function mapped(attacker: Attacker, protection: number): number {
  const kind = flags('MAP_PRIVATE', 'MAP_ANONYMOUS');
  return attacker.call('mmap', 0, PAGE, protection, kind, -1, 0);
}

/** A mapping of its own, and then something else of it. */
function protect(
  what: string,
  call: string,
  args: (address: number) => readonly number[],
  expected: Parameters<typeof attempt>[2] = ['works', 'works'],
): Attempt {
  return attempt(what, call, expected, (attacker) =>
    attacker.call(call, ...args(mapped(attacker, flags('PROT_READ', 'PROT_WRITE')))),
  );
}

const READ_EXEC = (): number => flags('PROT_READ', 'PROT_EXEC');
const ALL = (): number => flags('PROT_READ', 'PROT_WRITE', 'PROT_EXEC');

/** Memory that is executable, or another's. */
export const MEMORY: readonly Attempt[] = [
  attempt('to be executed', 'mmap', ['works', 'works'], (a) => mapped(a, ALL())),
  attempt('to be executed, with bits that mean nothing', 'mmap', ['works', 'works'], (a) =>
    mapped(a, TWO_POW_32 + ALL()),
  ),
  single(
    'of a file, to be executed',
    'mmap',
    [
      ['works', 'EPERM'],
      ['works', 'EPERM'],
    ],
    (a) => [0, PAGE, READ_EXEC(), constant('MAP_PRIVATE'), a.fd('program'), 0],
  ),
  single('of the guest, to be executed', 'mmap', ['works', 'works'], (a) => [
    0,
    PAGE,
    ALL(),
    constant('MAP_SHARED'),
    a.fd('memory'),
    0,
  ]),
  single('of a file', 'mmap', ['works', 'works'], (a) => [
    0,
    PAGE,
    flags('PROT_READ', 'PROT_WRITE'),
    constant('MAP_SHARED'),
    a.fd('image'),
    0,
  ]),
  protect('to be poisoned', 'madvise', (at) => [at, PAGE, MADV_HWPOISON], [
    ['EPERM', 'EINVAL'],
    ['EPERM', 'EINVAL'],
  ]),
  single('for somebody', 'futex', ['EAGAIN', 'EAGAIN'], (a) => [a.words(1), FUTEX_WAIT, 0, 0]),
  protect('to be executed', 'mprotect', (at) => [at, PAGE, READ_EXEC()]),
  protect(
    'to be executed, with a range that grows',
    'mprotect',
    (at) => [at, PAGE, READ_EXEC() | constant('PROT_GROWSDOWN')],
    ['EINVAL', 'EINVAL'],
  ),
  protect('to be executed', 'pkey_mprotect', (at) => [at, PAGE, READ_EXEC(), -1]),
  protect('elsewhere', 'mremap', (at) => [at, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0]),
  protect('in another order', 'remap_file_pages', (at) => [at, PAGE, 0, 0, 0], [
    'EINVAL',
    'EINVAL',
  ]),
  single(
    'key',
    'pkey_alloc',
    [
      ['works', 'ENOSPC', 'EINVAL'],
      ['works', 'ENOSPC', 'EINVAL'],
    ],
    () => [0, 0],
  ),
  single(
    'of its own',
    'userfaultfd',
    [
      ['works', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    () => [UFFD_USER_MODE_ONLY],
  ),
  single('of its own', 'shmget', ['works', 'works'], () => [IPC_PRIVATE, PAGE, IPC_CREAT | 0o600]),
  single("of somebody's", 'shmat', ['EINVAL', 'EINVAL'], () => [-1, 0, SHM_EXEC]),
  single('of its own', 'semget', ['works', 'works'], () => [IPC_PRIVATE, 1, IPC_CREAT | 0o600]),
  single('of its own', 'msgget', ['works', 'works'], () => [IPC_PRIVATE, IPC_CREAT | 0o600]),
  single(
    'of the host',
    'mq_open',
    [
      ['ENOENT', 'ENOSYS'],
      ['ENOENT', 'ENOSYS'],
    ],
    (a) => [a.text('crosvm-none'), 0, 0, 0],
  ),
  single(
    'of its own',
    'memfd_secret',
    [
      ['works', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    () => [0],
  ),
];

/** Runs machine code where V8 has its own. */
function execute(attacker: Attacker, machineCode: Uint8Array): void {
  const at = attacker.code.end - PAGE;
  attacker.call('mprotect', at, PAGE, ALL());
  // SAFETY: V8 has reserved it, and uses its memory from the other end.
  libc.memcpy(at, attacker.bytes(machineCode), machineCode.length);
  // What it calls to compare two things.
  libc.qsort(attacker.room(16), 2, 8, at);
}

/** What lies beside V8's memory is not always the same: something, nothing, or a file that is no program. */
const NEIGHBOURS = ['works', 'ENOMEM', 'EACCES'] as const;

/** Where V8 compiles, its memory for code may be executable, and nothing around it. */
export const COMPILED_MEMORY: readonly Attempt[] = [
  single("from V8's code across its end", 'mprotect', [NEIGHBOURS, NEIGHBOURS], ({ code }) => [
    code.end - PAGE,
    2 * PAGE,
    ALL(),
  ]),
  single("behind V8's code", 'mprotect', [NEIGHBOURS, NEIGHBOURS], ({ code }) => [
    code.end,
    PAGE,
    ALL(),
  ]),
  single("before V8's code", 'mprotect', [NEIGHBOURS, NEIGHBOURS], ({ code }) => [
    code.start - PAGE,
    2 * PAGE,
    ALL(),
  ]),
  single(
    "from V8's code around the end of memory",
    'mprotect',
    ['ENOMEM', 'ENOMEM'],
    ({ code }) => [code.end - PAGE, 2 * PAGE - code.end, ALL()],
  ),
  single("V8's code and 4 GiB more", 'mprotect', [NEIGHBOURS, NEIGHBOURS], ({ code }) => [
    code.end - PAGE,
    PAGE + TWO_POW_32,
    ALL(),
  ]),
  single("V8's code, and downwards", 'mprotect', ['EINVAL', 'EINVAL'], ({ code }) => [
    code.end - PAGE,
    PAGE,
    ALL() | constant('PROT_GROWSDOWN'),
  ]),
  {
    name: 'a call of the 32-bit ABI, by machine code',
    isLast: true,
    run: (attacker) => execute(attacker, CALL_OF_32_BITS),
    jailed: 'killed by SIGSYS',
    unfiltered: ['killed by SIGSYS'],
    // Kernels without that ABI would end the process.
    free: [],
  },
];

/** Where it does not, not even that. */
export const INTERPRETED_MEMORY: readonly Attempt[] = [
  single("V8's code", 'mprotect', ['works', 'works'], ({ code }) => [code.end - PAGE, PAGE, ALL()]),
];
