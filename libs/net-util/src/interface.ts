import {
  AF_INET,
  ARPHRD_ETHER,
  ETH_ALEN,
  IFF_UP,
  IFNAMSIZ,
  ifreq,
  SIOCGIFADDR,
  SIOCGIFFLAGS,
  SIOCGIFHWADDR,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCGIFNETMASK,
  SIOCSIFADDR,
  SIOCSIFFLAGS,
  SIOCSIFHWADDR,
  SIOCSIFMTU,
  SIOCSIFNETMASK,
  SOCK_DGRAM,
} from '@crosvm/net-sys';
import type { Ioctl } from '@crosvm/data-model';
import { createSocket, ioctl, SysError } from '@crosvm/sys-util';

import { configureError, TapError } from './tap-error';

/** Where the address is in `sockaddr.sa_data`: behind the port. */
const IPV4_AT = 2;
const IPV4_BYTES = 4;

type InterfaceRequest = ReturnType<typeof ifreq.allocate>;

/**
 * An `ifreq` with this name.
 * @throws TapError BAD_NAME
 */
export function requestFor(name: string): InterfaceRequest {
  const bytes = Buffer.from(name);
  // As dev_valid_name() of the kernel, which a `%d` in a pattern passes, too.
  const isSound = /^[^\s/:\0]+$/.test(name) && name !== '.' && name !== '..';
  if (!isSound || bytes.length >= IFNAMSIZ) {
    const rule = `a name has up to ${IFNAMSIZ - 1} bytes, without spaces, slashes and colons`;
    throw new TapError('BAD_NAME', `'${name}' is no name of an interface: ${rule}`);
  }
  const request = ifreq.allocate();
  request.ifr_ifrn.ifrn_name.set(bytes);
  return request;
}

/** The name in an `ifreq`. */
export function nameOf(request: InterfaceRequest): string {
  const bytes = Buffer.from(request.ifr_ifrn.ifrn_name);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function call(def: Ioctl, request: InterfaceRequest): void {
  using socket = createSocket(AF_INET, SOCK_DGRAM);
  ioctl(socket.raw, def, request.buffer);
}

/** Whether there is an interface of this name. @throws TapError BAD_NAME */
export function interfaceExists(name: string): boolean {
  try {
    call(SIOCGIFINDEX, requestFor(name));
    return true;
  } catch (error) {
    if (error instanceof SysError && error.code === 'ENODEV') {
      return false;
    }
    throw error;
  }
}

/** A network interface of this machine, by name: what `ip link` and `ip address` show and set. */
export class NetworkInterface {
  constructor(readonly name: string) {}

  /** Its MAC address, 6 bytes. @throws TapError NOT_FOUND */
  get mac(): Uint8Array {
    const { sa_data } = this.#get(SIOCGIFHWADDR, 'MAC address').ifr_ifru.ifru_hwaddr;
    return sa_data.slice(0, ETH_ALEN);
  }

  /** @throws TapError NO_PERMISSION, BAD_VALUE, BUSY */
  set mac(mac: Uint8Array) {
    this.#set(SIOCSIFHWADDR, 'the MAC address', ({ ifr_ifru: { ifru_hwaddr } }) => {
      ifru_hwaddr.sa_family = ARPHRD_ETHER;
      ifru_hwaddr.sa_data.set(mac);
    });
  }

  /** Its IPv4 address, 4 bytes. @throws TapError NOT_FOUND; BAD_VALUE if it has none */
  get address(): Uint8Array {
    const { sa_data } = this.#get(SIOCGIFADDR, 'address').ifr_ifru.ifru_addr;
    return sa_data.slice(IPV4_AT, IPV4_AT + IPV4_BYTES);
  }

  /** @throws TapError NO_PERMISSION, BAD_VALUE */
  set address(address: Uint8Array) {
    this.#set(SIOCSIFADDR, 'the address', ({ ifr_ifru: { ifru_addr } }) => {
      ifru_addr.sa_family = AF_INET;
      ifru_addr.sa_data.set(address, IPV4_AT);
    });
  }

  /** Its netmask, 4 bytes. @throws TapError NOT_FOUND; BAD_VALUE if it has no address */
  get netmask(): Uint8Array {
    const { sa_data } = this.#get(SIOCGIFNETMASK, 'netmask').ifr_ifru.ifru_netmask;
    return sa_data.slice(IPV4_AT, IPV4_AT + IPV4_BYTES);
  }

  /** Needs an address. @throws TapError NO_PERMISSION, BAD_VALUE */
  set netmask(netmask: Uint8Array) {
    this.#set(SIOCSIFNETMASK, 'the netmask', ({ ifr_ifru: { ifru_netmask } }) => {
      ifru_netmask.sa_family = AF_INET;
      ifru_netmask.sa_data.set(netmask, IPV4_AT);
    });
  }

  /** Bytes of the largest packet. @throws TapError NOT_FOUND */
  get mtu(): number {
    return this.#get(SIOCGIFMTU, 'MTU').ifr_ifru.ifru_mtu;
  }

  /** @throws TapError NO_PERMISSION; BAD_VALUE for what the interface cannot do */
  set mtu(mtu: number) {
    this.#set(SIOCSIFMTU, `the MTU to ${mtu} bytes`, ({ ifr_ifru }) => {
      ifr_ifru.ifru_mtu = mtu;
    });
  }

  /** IFF_*. @throws TapError NOT_FOUND */
  get flags(): number {
    return this.#get(SIOCGIFFLAGS, 'flags').ifr_ifru.ifru_flags & 0xffff;
  }

  /** Whether it is up, whatever is at its other end. @throws TapError NOT_FOUND */
  get up(): boolean {
    return (this.flags & IFF_UP) !== 0;
  }

  /** @throws TapError NO_PERMISSION */
  set up(up: boolean) {
    const { flags } = this;
    this.#set(SIOCSIFFLAGS, `the state to ${up ? 'up' : 'down'}`, ({ ifr_ifru }) => {
      // A store takes the low 16 bits of what is signed there.
      ifr_ifru.ifru_flags = up ? flags | IFF_UP : flags & ~IFF_UP;
    });
  }

  #get(def: Ioctl, what: string): InterfaceRequest {
    const request = requestFor(this.name);
    try {
      call(def, request);
    } catch (cause) {
      const gone = cause instanceof SysError && cause.code === 'ENODEV';
      throw gone
        ? new TapError('NOT_FOUND', `there is no interface '${this.name}'`, { cause })
        : new TapError('BAD_VALUE', `interface '${this.name}' has no ${what}`, { cause });
    }
    return request;
  }

  #set(def: Ioctl, what: string, fill: (request: InterfaceRequest) => void): void {
    const request = requestFor(this.name);
    fill(request);
    try {
      call(def, request);
    } catch (cause) {
      throw configureError(this.name, what, cause);
    }
  }
}
