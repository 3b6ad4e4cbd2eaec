import { bind } from './bind';

/**
 * Every libc function that the project calls. Two signatures of one symbol differ in how an argument
 * is passed: an integer is cheaper to convert than a pointer.
 */
export const libc = bind(null, {
  // Files and fds.
  close: ['int', ['int']],
  dup: ['int', ['int']],
  fcntl: ['int', ['int', 'int', 'long']],
  fcntlPointer: ['int', ['int', 'int', 'pointer'], { symbol: 'fcntl' }],
  fstat: ['int', ['int', 'pointer']],
  flock: ['int', ['int', 'int']],
  fsync: ['int', ['int']],
  fdatasync: ['int', ['int']],
  ftruncate: ['int', ['int', 'long']],
  fallocate: ['int', ['int', 'int', 'long', 'long']],
  lseek: ['long', ['int', 'long', 'int']],
  open: ['int', ['string', 'int', 'uint']],
  read: ['ssize_t', ['int', 'pointer', 'size_t']],
  write: ['ssize_t', ['int', 'pointer', 'size_t']],
  pread: ['ssize_t', ['int', 'pointer', 'size_t', 'long']],
  pwrite: ['ssize_t', ['int', 'pointer', 'size_t', 'long']],
  readv: ['ssize_t', ['int', 'pointer', 'int']],
  writev: ['ssize_t', ['int', 'pointer', 'int']],
  preadv: ['ssize_t', ['int', 'pointer', 'int', 'long']],
  pwritev: ['ssize_t', ['int', 'pointer', 'int', 'long']],
  sendfile: ['ssize_t', ['int', 'int', 'pointer', 'size_t']],
  ioctl: ['int', ['int', 'ulong', 'pointer']],
  ioctlValue: ['int', ['int', 'ulong', 'ulong'], { symbol: 'ioctl' }],
  pipe2: ['int', ['pointer', 'int']],

  // Memory.
  mmap: ['long', ['pointer', 'size_t', 'int', 'int', 'int', 'long']],
  munmap: ['int', ['pointer', 'size_t']],
  madvise: ['int', ['pointer', 'size_t', 'int']],
  memfd_create: ['int', ['string', 'uint']],

  // Events.
  eventfd: ['int', ['uint', 'int']],
  epoll_create1: ['int', ['int']],
  epoll_ctl: ['int', ['int', 'int', 'int', 'pointer']],
  epoll_wait: ['int', ['int', 'pointer', 'int', 'int']],
  poll: ['int', ['pointer', 'ulong', 'int']],
  clock_gettime: ['int', ['int', 'pointer']],
  timerfd_create: ['int', ['int', 'int']],
  timerfd_settime: ['int', ['int', 'int', 'pointer', 'pointer']],
  timerfd_gettime: ['int', ['int', 'pointer']],
  signalfd: ['int', ['int', 'pointer', 'int']],

  // io_uring, which libc has no functions for: the first argument is the number of the system call.
  io_uring_setup: ['long', ['long', 'uint', 'pointer'], { symbol: 'syscall' }],
  io_uring_enter: [
    'long',
    ['long', 'int', 'uint', 'uint', 'uint', 'ulong', 'size_t'],
    { symbol: 'syscall' },
  ],
  io_uring_register: ['long', ['long', 'int', 'uint', 'pointer', 'uint'], { symbol: 'syscall' }],

  // Signals, threads, processes.
  pthread_sigmask: ['int', ['int', 'pointer', 'pointer']],
  sigtimedwait: ['int', ['pointer', 'pointer', 'pointer']],
  tgkill: ['int', ['int', 'int', 'int']],
  gettid: ['int', []],
  getpid: ['int', []],
  prctlValue: ['int', ['int', 'ulong', 'ulong', 'ulong', 'ulong'], { symbol: 'prctl' }],
  _exit: ['void', ['int']],
  sched_setaffinity: ['int', ['int', 'size_t', 'pointer']],
  sched_getaffinity: ['int', ['int', 'size_t', 'pointer']],

  // Sockets.
  socket: ['int', ['int', 'int', 'int']],
  socketpair: ['int', ['int', 'int', 'int', 'pointer']],
  bind: ['int', ['int', 'pointer', 'uint']],
  listen: ['int', ['int', 'int']],
  connect: ['int', ['int', 'pointer', 'uint']],
  accept4: ['int', ['int', 'pointer', 'pointer', 'int']],
  sendmsg: ['ssize_t', ['int', 'pointer', 'int']],
  recvmsg: ['ssize_t', ['int', 'pointer', 'int']],
  shutdown: ['int', ['int', 'int']],
  getsockopt: ['int', ['int', 'int', 'int', 'pointer', 'pointer']],
  setsockopt: ['int', ['int', 'int', 'int', 'pointer', 'uint']],

  // Terminal and log.
  isatty: ['int', ['int']],
  tcgetattr: ['int', ['int', 'pointer']],
  tcsetattr: ['int', ['int', 'int', 'pointer']],
  tcgetpgrp: ['int', ['int']],
  getpgid: ['int', ['int']],
  openlog: ['void', ['pointer', 'int', 'int']],
  tzset: ['void', []],
  syslog: ['void', ['int', 'string', 'string']],
  closelog: ['void', []],

  // Entropy.
  getrandom: ['ssize_t', ['pointer', 'size_t', 'uint']],
});
