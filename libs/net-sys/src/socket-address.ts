import { bytes, struct, u16 } from '@crosvm/data-model';

/*
 * Addresses of sockets and interfaces. Source: linux/socket.h, linux/in.h.
 */

/** IPv4. */
export const AF_INET = 2;
/** Datagrams: any such socket takes interface ioctls. */
export const SOCK_DGRAM = 2;
/** The descriptor is closed on exec. */
export const SOCK_CLOEXEC = 0o2000000;

/** `sa_family` of Ethernet's hardware addresses. linux/if_arp.h. */
export const ARPHRD_ETHER = 1;

/** Bytes of a hardware address. linux/if_ether.h. */
export const ETH_ALEN = 6;
/** Bytes of an Ethernet header: destination, source, type. linux/if_ether.h. */
export const ETH_HLEN = 14;

/** An address of any family. */
export const sockaddr = struct('sockaddr', {
  sa_family: u16,
  sa_data: bytes(14),
});

/** An IPv4 address, in network byte order: `127.0.0.1` is the bytes 127, 0, 0, 1. */
export const in_addr = struct('in_addr', {
  s_addr: bytes(4),
});

/** An IPv4 address and a port. */
export const sockaddr_in = struct('sockaddr_in', {
  sin_family: u16,
  /** In network byte order. */
  sin_port: bytes(2),
  sin_addr: in_addr,
  sin_zero: bytes(8),
});
