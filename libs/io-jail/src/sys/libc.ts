import { bind } from '@crosvm/sys-util';

/**
 * The libc functions that make a jail. What libc has no function for goes through `syscall`, whose first
 * argument is the number.
 */
export const libc = bind(null, {
  // Processes.
  fork: ['int', []],
  waitid: ['int', ['int', 'uint', 'pointer', 'int']],
  kill: ['int', ['int', 'int']],
  signal: ['long', ['int', 'pointer']],
  dlsym: ['pointer', ['pointer', 'string']],
  setsid: ['int', []],
  pidfd_send_signal: ['long', ['long', 'int', 'int', 'pointer', 'uint'], { symbol: 'syscall' }],
  pidfd_open: ['long', ['long', 'int', 'uint'], { symbol: 'syscall' }],

  // Namespaces and mounts.
  unshare: ['int', ['int']],
  mount: ['int', ['string', 'string', 'string', 'ulong', 'string']],
  umount2: ['int', ['string', 'int']],
  pivot_root: ['long', ['long', 'string', 'string'], { symbol: 'syscall' }],
  chdir: ['int', ['string']],

  // What a process may do.
  prctl: ['int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']],
  capget: ['long', ['long', 'pointer', 'pointer'], { symbol: 'syscall' }],
  capset: ['long', ['long', 'pointer', 'pointer'], { symbol: 'syscall' }],
  prlimit: ['int', ['int', 'int', 'pointer', 'pointer']],
  seccomp: ['long', ['long', 'uint', 'uint', 'pointer'], { symbol: 'syscall' }],

  // Descriptors and memory.
  close_range: ['long', ['long', 'uint', 'uint', 'uint'], { symbol: 'syscall' }],
  dup2: ['int', ['int', 'int']],
  madvise: ['int', ['pointer', 'size_t', 'int']],
  mprotect: ['int', ['pointer', 'size_t', 'int']],
});
