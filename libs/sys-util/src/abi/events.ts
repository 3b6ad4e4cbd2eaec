import { addr64, i16, i32, struct, u32 } from '@crosvm/data-model';

/**
 * Packed on x86-64, where it is the same for 32-bit programs, and nowhere else.
 * Source: linux/eventpoll.h.
 */
export const epoll_event = struct(
  'epoll_event',
  { events: u32, data: addr64 },
  { packed: process.arch === 'x64' },
);

export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x8000_0000;

/** Source: poll(2). */
export const pollfd = struct('pollfd', { fd: i32, events: i16, revents: i16 });

export const POLLIN = 0x1;

export const EFD_SEMAPHORE = 1;
export const EFD_NONBLOCK = 0o4000;
export const EFD_CLOEXEC = 0o2000000;
