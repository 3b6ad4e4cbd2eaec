import { bind, check } from '@crosvm/sys-util';

/* Source: linux/ptrace.h, linux/wait.h. */
const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const __WALL = 0x40000000;

const libc = bind(null, {
  ptrace: ['long', ['long', 'long', 'pointer', 'pointer']],
  waitpid: ['int', ['int', 'pointer', 'int']],
});

/**
 * Has a process with one thread stand still meanwhile, of which its parent does not hear. A system call
 * that it waits in comes back afterwards, or is made again.
 * @throws SysError EPERM, ESRCH
 */
export function whileStopped(pid: number, work: () => void): void {
  check('ptrace(PTRACE_SEIZE)', libc.ptrace(PTRACE_SEIZE, pid, null, null));
  try {
    check('ptrace(PTRACE_INTERRUPT)', libc.ptrace(PTRACE_INTERRUPT, pid, null, null));
    check('waitpid', libc.waitpid(pid, null, __WALL));
    work();
  } finally {
    libc.ptrace(PTRACE_DETACH, pid, null, null);
  }
}
