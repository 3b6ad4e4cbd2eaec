import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { hostLacksTool } from './images';
import type { Lack } from './requirements';

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

/**
 * Starts a program as root of a network namespace of its own, beside a shell script that is its peer
 * there, and ends with it. Nothing reaches any other network.
 */
export function withNetwork(peer: string): readonly string[] {
  return [...ISOLATED, 'sh', '-c', BESIDE, 'sh', peer];
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
