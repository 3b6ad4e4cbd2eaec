import {
  addr64,
  bytes,
  i16,
  i32,
  io,
  type Ioctl,
  struct,
  u16,
  u8,
  union,
} from '@crosvm/data-model';

import { sockaddr } from './socket-address';

/*
 * Network interfaces. Source: linux/if.h, linux/sockios.h; netdevice(7).
 */

/** Bytes of an interface's name, with the NUL at its end. */
export const IFNAMSIZ = 16;

/** `ifru_flags`: the interface is up. */
export const IFF_UP = 0x1;
/** `ifru_flags`: it takes broadcasts. */
export const IFF_BROADCAST = 0x2;
/** `ifru_flags`: it is the loopback. */
export const IFF_LOOPBACK = 0x8;
/** `ifru_flags`: it has its resources, such as a carrier. */
export const IFF_RUNNING = 0x40;
/** `ifru_flags`: it takes frames for anybody. */
export const IFF_PROMISC = 0x100;

/** Resources of an interface, which virtual ones have none of. */
export const ifmap = struct('ifmap', {
  mem_start: addr64,
  mem_end: addr64,
  base_addr: u16,
  irq: u8,
  dma: u8,
  port: u8,
});

/** The argument of interface ioctls: the interface, by name, and one thing about it. */
export const ifreq = struct('ifreq', {
  ifr_ifrn: union('ifreq_ifrn', {
    /** Ends with a NUL. */
    ifrn_name: bytes(IFNAMSIZ),
  }),
  ifr_ifru: union('ifreq_ifru', {
    ifru_addr: sockaddr,
    ifru_dstaddr: sockaddr,
    ifru_broadaddr: sockaddr,
    ifru_netmask: sockaddr,
    ifru_hwaddr: sockaddr,
    /** IFF_*. */
    ifru_flags: i16,
    ifru_ivalue: i32,
    ifru_mtu: i32,
    ifru_map: ifmap,
    ifru_newname: bytes(IFNAMSIZ),
  }),
});

/** The ioctl group of sockets. */
const SOCKIOS = 0x89;

/** These are older than the encoding of sizes: all take an `ifreq`. */
function sockio(name: string, nr: number): Ioctl {
  return { ...io(name, SOCKIOS, nr), size: ifreq.size };
}

/** Reads the flags, IFF_*. */
export const SIOCGIFFLAGS = sockio('SIOCGIFFLAGS', 0x13);
/** Sets the flags, IFF_*. */
export const SIOCSIFFLAGS = sockio('SIOCSIFFLAGS', 0x14);
/** Reads the address. */
export const SIOCGIFADDR = sockio('SIOCGIFADDR', 0x15);
/** Sets the address. */
export const SIOCSIFADDR = sockio('SIOCSIFADDR', 0x16);
/** Reads the netmask. */
export const SIOCGIFNETMASK = sockio('SIOCGIFNETMASK', 0x1b);
/** Sets the netmask. */
export const SIOCSIFNETMASK = sockio('SIOCSIFNETMASK', 0x1c);
/** Reads the MTU, in bytes. */
export const SIOCGIFMTU = sockio('SIOCGIFMTU', 0x21);
/** Sets the MTU, in bytes. */
export const SIOCSIFMTU = sockio('SIOCSIFMTU', 0x22);
/** Sets the hardware address. */
export const SIOCSIFHWADDR = sockio('SIOCSIFHWADDR', 0x24);
/** Reads the hardware address. */
export const SIOCGIFHWADDR = sockio('SIOCGIFHWADDR', 0x27);
/** Reads the interface's number. */
export const SIOCGIFINDEX = sockio('SIOCGIFINDEX', 0x33);
