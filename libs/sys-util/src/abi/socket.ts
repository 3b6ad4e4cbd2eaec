import { addr64, bytes, i32, struct, u16, u32 } from '@crosvm/data-model';

/** Source: linux/uio.h. */
export const iovec = struct('iovec', { iov_base: addr64, iov_len: addr64 });

/** Source: sendmsg(2), as glibc declares it on 64-bit machines. */
export const msghdr = struct('msghdr', {
  msg_name: addr64,
  msg_namelen: u32,
  msg_iov: addr64,
  msg_iovlen: addr64,
  msg_control: addr64,
  msg_controllen: addr64,
  msg_flags: i32,
});

/** The head of one control message; its data follow. Source: cmsg(3). */
export const cmsghdr = struct('cmsghdr', { cmsg_len: addr64, cmsg_level: i32, cmsg_type: i32 });

/** Who is at the other end of a unix socket. Source: unix(7). */
export const ucred = struct('ucred', { pid: i32, uid: u32, gid: u32 });

/** The address of a unix socket: a path that ends with a zero byte. Source: unix(7). */
export const sockaddr_un = struct('sockaddr_un', { sun_family: u16, sun_path: bytes(108) });

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_PEERCRED = 17;
export const SCM_RIGHTS = 1;
export const SHUT_RDWR = 2;

export const MSG_CTRUNC = 0x8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
