import { existsSync } from 'node:fs';

import { measureCarrier } from './loaded-guest';
import { report } from './report';

const HOST_IP = '10.9.8.1';
const GUEST_IP = '10.9.8.2';
const TAP = 'bench0';

const SET_UP = `
ip link set lo up
ip tuntap add mode tap name ${TAP}
ip address add ${HOST_IP}/24 dev ${TAP}
ip link set ${TAP} up
`;

const SET_UP_GUEST = `
modules virtio_net
ip link set lo up
ip link set eth0 up
ip address add ${GUEST_IP}/24 dev eth0
until ping -c 1 -W 1 ${HOST_IP} >/dev/null; do :; done
`;

/** Network cards: how fast they send, receive, and answer, with and without vhost. */
export async function network(): Promise<void> {
  for (const vhost of [false, true]) {
    if (vhost && !existsSync('/dev/vhost-net')) {
      report.notMeasured('network with vhost', 'there is no /dev/vhost-net');
    } else {
      await measureCarrier({
        setUp: SET_UP,
        setUpGuest: SET_UP_GUEST,
        protocol: 'tcp',
        host: HOST_IP,
        guest: { network: { tap: TAP, vhost } },
        nameOf: ({ name }) => `TCP ${name}, ${vhost ? 'vhost' : 'no vhost'}`,
      });
    }
  }
}
