import { type Attempt, single } from '../attempt';
import type { Attacker } from '../attacker';

/** Of linux/reboot.h: nothing. */
const NO_MAGIC = 0;
const SYSLOG_READ_ALL = 3;
const IPC_NAMES = 6;
const CLOCK_REALTIME = 0;
const ARCH_GET_FS = 0x1003;
const Q_SYNC = 0x80000100;

/** For the administrator of the machine; many kernels do not have it at all. */
const ADMIN = [
  ['EPERM', 'ENOSYS'],
  ['EPERM', 'ENOSYS'],
] as const;

/** Kernels differ in who may. */
const RESTRICTED = [
  ['works', 'EPERM', 'EACCES', 'EINVAL', 'ENOSYS'],
  ['works', 'EPERM', 'EACCES', 'EINVAL', 'ENOSYS'],
] as const;

function nothing(attacker: Attacker): number {
  return attacker.text('/nothing');
}

/** The kernel itself, and what is the machine's. */
export const KERNEL: readonly Attempt[] = [
  single('a program', 'bpf', RESTRICTED, (a) => [
    0,
    a.words(1, 4, 4, 1, ...new Array<number>(28).fill(0)),
    128,
  ]),
  single(
    'a ring',
    'io_uring_setup',
    [
      ['works', 'EPERM', 'ENOSYS'],
      ['works', 'EPERM', 'ENOSYS'],
    ],
    (a) => [1, a.room(128)],
  ),
  single(
    'a ring',
    'io_uring_register',
    [
      ['EBADF', 'EINVAL', 'ENOSYS', 'EPERM'],
      ['EBADF', 'EINVAL', 'ENOSYS', 'EPERM'],
    ],
    () => [-1, 0, 0, 0],
  ),
  single('another kernel', 'kexec_load', ADMIN, () => [0, 0, 0, 0]),
  single('another kernel', 'kexec_file_load', ADMIN, () => [-1, -1, 0, 0, 0]),
  single(
    'nothing',
    'reboot',
    [
      ['EPERM', 'EINVAL'],
      ['EPERM', 'EINVAL'],
    ],
    () => [NO_MAGIC, NO_MAGIC, 0, 0],
  ),
  single('a module', 'init_module', ADMIN, (a) => [0, 0, a.text('')]),
  single('a module', 'finit_module', ADMIN, (a) => [-1, a.text(''), 0]),
  single('a module', 'delete_module', ADMIN, (a) => [nothing(a), 0]),
  single('a file', 'swapon', ADMIN, (a) => [nothing(a), 0]),
  single('a file', 'swapoff', ADMIN, (a) => [nothing(a)]),
  single(
    'of nobody',
    'quotactl',
    [
      ['EPERM', 'ENOSYS', 'ENOENT'],
      ['EPERM', 'ENOSYS', 'ENOENT'],
    ],
    (a) => [Q_SYNC, nothing(a), 0, 0],
  ),
  single('of processes', 'acct', ADMIN, (a) => [nothing(a)]),
  single('the machine', 'sethostname', ['EPERM', ['works', 'EPERM', 'EINVAL']], (a) => [
    a.text('x'),
    -1,
  ]),
  single('the machine', 'setdomainname', ['EPERM', ['works', 'EPERM', 'EINVAL']], (a) => [
    a.text('x'),
    -1,
  ]),
  single('at all', 'settimeofday', ['EINVAL', 'EINVAL'], (a) => [a.longs(0, -1), 0]),
  single(
    'at all',
    'clock_settime',
    [
      ['EINVAL', 'EPERM'],
      ['EINVAL', 'EPERM'],
    ],
    (a) => [CLOCK_REALTIME, a.longs(0, -1)],
  ),
  single('what it is', 'adjtimex', ['works', 'works'], (a) => [a.room(256)]),
  single(
    'what it says',
    'syslog',
    [
      ['works', 'EPERM'],
      ['works', 'EPERM'],
    ],
    (a) => [SYSLOG_READ_ALL, a.room(64), 64],
  ),
  single('what there is', 'sysinfo', ['works', 'works'], (a) => [a.room(128)]),
  single('what it is called', 'uname', ['works', 'works'], (a) => [a.room(IPC_NAMES * 65)]),
  single(
    'all',
    'iopl',
    [
      ['EPERM', 'ENOSYS'],
      ['EPERM', 'ENOSYS'],
    ],
    () => [3],
  ),
  single(
    'some',
    'ioperm',
    [
      ['EPERM', 'ENOSYS', 'EIO'],
      ['EPERM', 'ENOSYS', 'EIO'],
    ],
    () => [0x80, 1, 1],
  ),
  single(
    'the table',
    'modify_ldt',
    [
      ['works', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    (a) => [0, a.room(64), 64],
  ),
  single('a base', 'arch_prctl', ['works', 'works'], (a) => [ARCH_GET_FS, a.room(8)]),
  single('all windows', 'vhangup', ['EPERM', 'EPERM']),
  single(
    'rules of its own',
    'landlock_create_ruleset',
    [
      ['works', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP'],
      ['works', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP'],
    ],
    () => [0, 0, 1],
  ),
  single('all processors', 'membarrier', ['works', 'works'], () => [0, 0]),
  single(
    'of memory',
    'set_mempolicy',
    [
      ['works', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    () => [0, 0, 0],
  ),
  single('for a while', 'nanosleep', ['works', 'works'], (a) => [a.longs(0, 0), 0]),
  single('by signals', 'setitimer', ['works', 'works'], (a) => [0, a.longs(0, 0, 0, 0), 0]),
  single('a signal', 'rt_sigaction', ['works', 'works'], () => [10, 0, 0, 8]),
  single('signals', 'rt_sigprocmask', ['works', 'works'], () => [0, 0, 0, 8]),
];
