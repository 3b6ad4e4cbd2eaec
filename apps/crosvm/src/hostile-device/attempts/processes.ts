import { type Attempt, attempt, single } from '../attempt';
import type { Attacker } from '../attacker';
import { constant, flags } from '../constants';
import { SECRET } from '../world';

/** Of linux/ptrace.h, linux/kcmp.h, linux/ioprio.h, linux/perf_event.h, linux/wait.h. */
const PTRACE_SEIZE = 0x4206;
const KCMP_VM = 1;
const IOPRIO_WHO_PROCESS = 1;
const PRIO_PROCESS = 0;
const CLONE_ARGS_SIZE = 88;
const WALL = 0x40000000;
const SIGKILL = 9;

/** A signal that says nothing, but for whether it could have said something. */
const NO_SIGNAL = 0;

/** The VMM is not to be seen from a pid namespace; whatever stands for it is a child of the attacker's. */
const VMM = ['ESRCH', 'works'] as const;
/** No such descriptor: all the same to the caller, but the kernel had a look. */
const REACHED = ['EBADF', 'EBADF'] as const;

/** Moves `SECRET` from or to the VMM's memory. @throws Error if it is not that */
function moveSecret(attacker: Attacker, call: string): void {
  const { pid, address } = attacker.world.secret;
  const own = attacker.text(SECRET);
  const near = attacker.longs(own, SECRET.length);
  const far = attacker.longs(address, SECRET.length);
  const moved = attacker.call(call, pid, near, 1, far, 1, 0);
  if (moved !== SECRET.length || attacker.read(own, moved).toString() !== SECRET) {
    throw new Error('it is not the secret');
  }
}

/** Starts a process or thread, and ends it as soon as it is there. */
function spawned(attacker: Attacker, call: string, ...args: readonly number[]): void {
  const pid = attacker.call(call, ...args);
  if (pid === 0) {
    attacker.call('exit_group', 0);
  }
  attacker.call('kill', pid, SIGKILL);
  attacker.call('wait4', pid, 0, WALL, 0);
}

/** Executes a file that is no program. Kernels may not execute where files are not to be executed. */
const NO_PROGRAM = ['ENOEXEC', 'EACCES'] as const;

/** Other programs and processes. */
export const PROCESSES: readonly Attempt[] = [
  attempt('a copy', 'fork', ['works', 'works'], (a) => spawned(a, 'fork')),
  attempt('a copy', 'clone', ['works', 'works'], (a) => spawned(a, 'clone', 17)),
  // In the memory of its parent: without a filter that ends badly, and for nobody else.
  attempt('a copy', 'vfork', [[], []], (a) => a.call('vfork')),
  // Neither does what it says, lest it be done.
  single('a thread', 'clone', ['EINVAL', 'EINVAL'], () => [flags('CLONE_THREAD')]),
  single('a thread', 'clone3', ['EINVAL', 'EINVAL'], (a) => [
    a.longs(constant('CLONE_THREAD')),
    CLONE_ARGS_SIZE,
  ]),
  single('no size', 'clone3', ['EINVAL', 'EINVAL'], () => [0, 0]),
  single('a file', 'execve', ['ENOENT', NO_PROGRAM], (a) => [
    a.text(`${a.world.scratch}/program`),
    a.longs(0),
    a.longs(0),
  ]),
  single('a descriptor', 'execveat', [NO_PROGRAM, NO_PROGRAM], (a) => [
    a.fd('program'),
    a.text(''),
    a.longs(0),
    a.longs(0),
    constant('AT_EMPTY_PATH'),
  ]),
  attempt('to be executed', 'memfd_create', [NO_PROGRAM, NO_PROGRAM], (a) => {
    const fd = a.call('memfd_create', a.text('x'), constant('MFD_CLOEXEC'));
    a.call('write', fd, a.text('no program'), 10);
    a.call('execveat', fd, a.text(''), a.longs(0), a.longs(0), constant('AT_EMPTY_PATH'));
  }),
  single('the VMM', 'ptrace', VMM, ({ world }) => [PTRACE_SEIZE, world.vmm, 0, 0]),
  single('another device', 'ptrace', ['ESRCH', ['works', 'EPERM']], ({ world }) => [
    PTRACE_SEIZE,
    world.other,
    0,
    0,
  ]),
  attempt("the VMM's memory", 'process_vm_readv', VMM, (a) => moveSecret(a, 'process_vm_readv')),
  attempt("the VMM's memory", 'process_vm_writev', VMM, (a) => moveSecret(a, 'process_vm_writev')),
  single('the VMM', 'kill', VMM, ({ world }) => [world.vmm, NO_SIGNAL]),
  single('everybody', 'kill', VMM, () => [-1, NO_SIGNAL]),
  single('the VMM', 'tkill', VMM, ({ world }) => [world.vmm, NO_SIGNAL]),
  single('the VMM', 'tgkill', VMM, ({ world }) => [world.vmm, world.vmm, NO_SIGNAL]),
  single('another device', 'tgkill', VMM, ({ world }) => [world.other, world.other, NO_SIGNAL]),
  single('the VMM', 'rt_sigqueueinfo', ['ESRCH', ['works', 'EPERM']], (a) => [
    a.world.vmm,
    NO_SIGNAL,
    a.words(NO_SIGNAL, 0, 0xffffffff, ...new Array<number>(29).fill(0)),
  ]),
  single('the VMM', 'pidfd_open', VMM, ({ world }) => [world.vmm, 0]),
  single('of another', 'pidfd_getfd', REACHED, () => [-1, 0, 0]),
  single('another', 'pidfd_send_signal', REACHED, () => [-1, NO_SIGNAL, 0, 0]),
  single('of another', 'process_madvise', REACHED, (a) => [
    -1,
    a.longs(0, 0),
    1,
    constant('MADV_COLD'),
    0,
  ]),
  single('of the VMM', 'prlimit64', VMM, (a) => [
    a.world.vmm,
    constant('RLIMIT_NOFILE'),
    0,
    a.room(16),
  ]),
  single('of the VMM', 'sched_setaffinity', VMM, (a) => [a.world.vmm, 8, a.longs(-1)]),
  single('of the VMM', 'sched_setscheduler', VMM, (a) => [a.world.vmm, 0, a.words(0)]),
  single('of the VMM', 'setpriority', VMM, ({ world }) => [PRIO_PROCESS, world.vmm, 19]),
  single('of the VMM', 'ioprio_set', VMM, ({ world }) => [IOPRIO_WHO_PROCESS, world.vmm, 0]),
  single(
    'of the VMM',
    'move_pages',
    [
      ['ESRCH', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    ({ world }) => [world.vmm, 0, 0, 0, 0, 0],
  ),
  single(
    'with the VMM',
    'kcmp',
    [
      ['ESRCH', 'ENOSYS'],
      ['works', 'ENOSYS'],
    ],
    ({ world }) => [world.vmm, world.vmm, KCMP_VM, 0, 0],
  ),
  single('of the VMM', 'get_robust_list', VMM, (a) => [a.world.vmm, a.room(8), a.room(8)]),
  single(
    'with the VMM',
    'setpgid',
    [
      ['ESRCH', 'EPERM'],
      ['works', 'EACCES', 'EPERM', 'ESRCH'],
    ],
    ({ world }) => [world.vmm, 0],
  ),
  single('of its own', 'setsid', ['EPERM', ['works', 'EPERM']]),
  single(
    'of the VMM',
    'perf_event_open',
    [
      ['ESRCH', 'EACCES', 'EPERM', 'ENOENT', 'ENOSYS', 'EINVAL'],
      ['works', 'EACCES', 'EPERM', 'ENOENT', 'ENOSYS', 'EINVAL'],
    ],
    (a) => [a.words(1, 64, ...new Array<number>(14).fill(0)), a.world.vmm, -1, -1, 0],
  ),
];
