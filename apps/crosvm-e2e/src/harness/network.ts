import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { HOST_KIND } from './host';
import { hostLacksTool } from './images';
import type { Lack } from './requirements';

/** MiB over each of two connections, each way, whose sums are compared; 512 are a GiB. */
export const CHECKED_MIB = Number(
  process.env.CROSVM_E2E_NETWORK_MIB ?? (HOST_KIND === 'emulated' ? 2 : 32),
);

/** A network namespace and processes of its own, all of which end with the first. */
const ISOLATED = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** Runs the script `$1` in the background and the rest in the foreground. */
const BESIDE = `
ip link set lo up
peer=$1
shift
sh -c "$peer" </dev/null >/dev/null 2>&1 &
"$@"
`;

/** The namespace of mounts is its own, too. */
const UPLINK = `
ip link add up0 type veth peer name up1
ip link set up1 up
ip link set up0 up
ip address add 10.1.2.3/24 dev up0
ip route add default via 10.1.2.1
mount -t tmpfs none /mnt
echo 'nameserver 127.0.0.1' >/mnt/resolv.conf
mount --bind /mnt/resolv.conf "$(readlink -f /etc/resolv.conf)"
`;

/**
 * Starts a program as root of a network namespace of its own, beside a shell script that is its peer
 * there, and ends with it. Nothing reaches any other network.
 */
export function withNetwork(peer: string): readonly string[] {
  return [...ISOLATED, 'sh', '-c', BESIDE, 'sh', peer];
}

/**
 * Like `withNetwork`, with an interface that has a default route, as passt wants it, behind which there is
 * nobody, and a name server at 127.0.0.1.
 */
export function withUplink(peer: string): readonly string[] {
  return [...ISOLATED, 'sh', '-c', UPLINK + BESIDE, 'sh', peer];
}

/** Is there no passt here, or can it not be tried? */
export function hostLacksPasst(): Lack {
  return hostLacksNetworks() ?? hostLacksTool('passt');
}

/** Can there be no TAP interfaces in network namespaces here? */
export function hostLacksNetworks(): Lack {
  const lack = hostLacksTool('ip') ?? hostLacksTool('busybox');
  if (lack !== undefined) {
    return lack;
  }
  const make = 'ip tuntap add mode tap name probe';
  const { status } = spawnSync(ISOLATED[0] ?? '', [...ISOLATED.slice(1), 'sh', '-c', make]);
  return status === 0 ? undefined : 'no TAP interfaces can be made in network namespaces';
}

/** Does this machine lack a device of the kernel's vhost? */
export function hostLacksVhost(name: 'net' | 'vsock'): Lack {
  return existsSync(`/dev/vhost-${name}`) ? undefined : `there is no /dev/vhost-${name}`;
}
