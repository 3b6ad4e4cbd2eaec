import { randomBytes } from 'node:crypto';

import {
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_TSO_ECN,
  TUN_F_UFO,
  TUN_F_USO4,
  TUN_F_USO6,
} from '@crosvm/net-sys';
import {
  formatIpv4,
  isAddressInUse,
  parseIpv4,
  parseMac,
  parseNetmask,
  Tap,
  TapError,
} from '@crosvm/net-util';
import { OwnedFd } from '@crosvm/sys-util';
import { VhostNet } from '@crosvm/vhost';
import { VIRTIO_NET_F_MRG_RXBUF } from '@crosvm/virtio-sys';

import { hasFeature } from '../features';
import { HEADER_BYTES } from './frame';
import type { NetConfig } from './net-config';

/** Which TAP interface is the host's end of a card. */
export type NetSource =
  /** One that is made, with these addresses, and gone with the VM. */
  | { readonly kind: 'create'; readonly hostIp: string; readonly netmask: string }
  /** One that exists. */
  | { readonly kind: 'name'; readonly name: string }
  /** One that is open as this descriptor, of which a duplicate is used. */
  | { readonly kind: 'fd'; readonly fd: number };

/** How a card is offered to the guest. */
export interface NetOptions {
  /** The guest's MAC address; one of its own by default. */
  readonly mac?: string;
  /** Pairs of queues; default 1. */
  readonly pairs?: number;
  /** Bytes of the largest packet; default what the interface has. */
  readonly mtu?: number;
  /** For the `vhostNet` module, and not for `net`; default false. */
  readonly vhost?: boolean;
}

/** A TAP interface that is open and configured, for the `net` or `vhostNet` module. */
export interface OpenNet extends Disposable {
  readonly config: NetConfig;
  /** The interface's name. */
  readonly name: string;
  /** Its descriptors, one a pair of queues; then those of vhost-net, if asked for. */
  readonly fds: readonly OwnedFd[];
}

/** The MTU of Ethernet, which a guest assumes. */
const DEFAULT_MTU = 1500;

/** In the first byte of a MAC address: not a manufacturer's. IEEE 802, 8.2. */
const LOCAL_BIT = 0x02;
const MULTICAST_BIT = 0x01;
const MAC_BYTES = 6;

const TCP_OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

/**
 * Makes or opens the host's end of a network card.
 * @throws TapError, AddressError, VhostError
 */
export function openNet(source: NetSource, options: NetOptions = {}): OpenNet {
  const { pairs = 1 } = options;
  const mac = guestMac(options.mac);
  const tap = openTap(source, pairs);
  const fds = [...tap.fds];
  const close = (): void => fds.forEach((fd) => fd.close());
  try {
    const vhosts = openVhosts(options.vhost === true ? pairs : 0);
    fds.push(...vhosts);
    tap.vnetHeaderSize = HEADER_BYTES;
    const offload = knownOffloads(tap);
    if (source.kind === 'create') {
      configure(tap, source, options.mtu);
    }
    const mtu = options.mtu ?? mtuOf(tap);
    const config = {
      mac: [...mac],
      pairs,
      offload,
      mergeable: vhosts.every(canMerge),
      ...(mtu !== undefined && { mtu }),
    };
    return { config, name: tap.name, fds, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** So many vhost-net devices. */
function openVhosts(count: number): OwnedFd[] {
  const fds: OwnedFd[] = [];
  try {
    while (fds.length < count) {
      fds.push(VhostNet.open().release());
    }
    return fds;
  } catch (error) {
    fds.forEach((fd) => fd.close());
    throw error;
  }
}

/** Whether the kernel receives frames into several buffers. */
function canMerge({ raw }: OwnedFd): boolean {
  return hasFeature(new VhostNet(raw).features, VIRTIO_NET_F_MRG_RXBUF);
}

function openTap(source: NetSource, queues: number): Tap {
  switch (source.kind) {
    case 'create':
      return Tap.create('vmtap%d', { queues });
    case 'name':
      return Tap.open(source.name, { queues });
    case 'fd':
      return adopt(source.fd, queues);
  }
}

function adopt(fd: number, queues: number): Tap {
  let own: OwnedFd;
  try {
    own = OwnedFd.duplicate(fd);
  } catch (cause) {
    throw new TapError('NOT_A_TAP', `descriptor ${fd} is not open`, { cause });
  }
  try {
    return Tap.adopt(own, { queues });
  } catch (error) {
    own.close();
    throw error;
  }
}

/** The offloads that the kernel knows. The interface sends none before a driver takes some. */
function knownOffloads(tap: Tap): number {
  const base = tap.offers(TCP_OFFLOADS) ? TCP_OFFLOADS : tap.offers(TUN_F_CSUM) ? TUN_F_CSUM : 0;
  const more = [TUN_F_UFO, TUN_F_USO4 | TUN_F_USO6].filter((mask) => tap.offers(base | mask));
  tap.setOffload(0);
  return more.reduce((all, mask) => all | mask, base);
}

function configure(
  tap: Tap,
  { hostIp, netmask }: Extract<NetSource, { kind: 'create' }>,
  mtu: number | undefined,
): void {
  const address = parseIpv4(hostIp);
  if (isAddressInUse(address)) {
    throw new TapError('BUSY', `another interface of this machine has ${formatIpv4(address)}`, {
      hint: 'choose another --host_ip, or name the interface with --tap-name',
    });
  }
  tap.interface.address = address;
  tap.interface.netmask = parseNetmask(netmask);
  if (mtu !== undefined) {
    tap.interface.mtu = mtu;
  }
  tap.interface.up = true;
}

/** The MTU of the interface, if a guest would not assume it. */
function mtuOf(tap: Tap): number | undefined {
  try {
    const { mtu } = tap.interface;
    return mtu === DEFAULT_MTU ? undefined : mtu;
  } catch {
    // A descriptor from another network namespace: there is no such name here.
    return undefined;
  }
}

/**
 * The MAC address of a guest's card, from its text; one of its own by default.
 * @throws AddressError
 */
export function guestMac(mac: string | undefined): Uint8Array {
  return mac === undefined ? randomMac() : parseMac(mac);
}

function randomMac(): Uint8Array {
  const mac = new Uint8Array(randomBytes(MAC_BYTES));
  mac[0] = ((mac[0] ?? 0) & ~MULTICAST_BIT) | LOCAL_BIT;
  return mac;
}
