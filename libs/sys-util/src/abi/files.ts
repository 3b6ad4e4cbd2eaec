import { i16, i32, i64, struct } from '@crosvm/data-model';

/* Source: fcntl(2), open(2), fallocate(2), memfd_create(2), mmap(2), linux/fs.h. */

export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;
export const O_ACCMODE = 0o3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;

export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const F_OFD_SETLK = 37;
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;
export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
export const F_SEAL_FUTURE_WRITE = 0x10;
export const FD_CLOEXEC = 1;

/** Of flock(2). */
export const LOCK_EX = 2;
export const LOCK_NB = 4;

/** A lock on a range of a file; a length of 0 reaches to the end, wherever that will be. */
export const flock = struct('flock', {
  l_type: i16,
  l_whence: i16,
  l_start: i64,
  l_len: i64,
  l_pid: i32,
});

export const FALLOC_FL_KEEP_SIZE = 0x01;
export const FALLOC_FL_PUNCH_HOLE = 0x02;
export const FALLOC_FL_ZERO_RANGE = 0x10;

/** An ioctl of block devices. */
export const BLKDISCARD = 0x1277;

export const MFD_CLOEXEC = 0x1;
export const MFD_ALLOW_SEALING = 0x2;

export const PROT_NONE = 0x0;
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_NORESERVE = 0x4000;

export const MADV_HUGEPAGE = 14;
export const MADV_DONTDUMP = 16;
/** Linux 6.1. */
export const MADV_COLLAPSE = 25;

export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;
