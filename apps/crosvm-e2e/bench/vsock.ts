import { existsSync } from 'node:fs';

import { measureCarrier } from './loaded-guest';
import { report } from './report';

/** The host's, for all guests. */
const HOST_CID = 2;

/** The guest's: nobody else's on this machine. */
const GUEST_CID = 3 + process.pid;

/** Sockets between guest and host, which the kernel's vhost-vsock serves for crosvm as for its peers. */
export async function vsock(): Promise<void> {
  if (!existsSync('/dev/vhost-vsock')) {
    report.notMeasured('vsock', 'there is no /dev/vhost-vsock');
    return;
  }
  await measureCarrier({
    setUp: '',
    setUpGuest: 'modules vmw_vsock_virtio_transport',
    protocol: 'vsock',
    host: String(HOST_CID),
    guest: { cid: GUEST_CID },
    nameOf: ({ name }) => `vsock ${name}`,
  });
}
