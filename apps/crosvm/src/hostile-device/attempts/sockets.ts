import { abstractAddress } from '../abstract-address';
import { type Attempt, attempt, single } from '../attempt';
import type { Attacker } from '../attacker';
import { constant } from '../constants';

const LOOPBACK = [127, 0, 0, 1] as const;

/** Kernels need not have these; whoever may, can have them. */
const SPECIAL = ['works', 'EPERM', 'EACCES', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'] as const;

function socket(family: string, type: string, expected: Parameters<typeof attempt>[2]): Attempt {
  return single(family, 'socket', expected, () => [constant(family), constant(type), 0]);
}

function connect(attacker: Attacker, family: string, address: Uint8Array): number {
  const fd = attacker.call('socket', constant(family), constant('SOCK_STREAM'), 0);
  return attacker.call('connect', fd, attacker.bytes(address), address.length);
}

/** `struct sockaddr_in` of the loopback interface. */
function loopbackAddress(port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([constant('AF_INET'), 0, port >> 8, port & 0xff, ...LOOPBACK]);
  return bytes;
}

/** Ways to talk to anybody but the VMM. */
export const SOCKETS: readonly Attempt[] = [
  socket('AF_UNIX', 'SOCK_STREAM', ['works', 'works']),
  socket('AF_INET', 'SOCK_STREAM', ['works', 'works']),
  socket('AF_INET6', 'SOCK_STREAM', [
    ['works', 'EAFNOSUPPORT'],
    ['works', 'EAFNOSUPPORT'],
  ]),
  socket('AF_NETLINK', 'SOCK_RAW', ['works', 'works']),
  socket('AF_PACKET', 'SOCK_RAW', ['EPERM', ['works', 'EPERM']]),
  socket('AF_VSOCK', 'SOCK_STREAM', [SPECIAL, SPECIAL]),
  socket('AF_ALG', 'SOCK_SEQPACKET', [SPECIAL, SPECIAL]),
  attempt("the host's, without a path", 'socket', ['ECONNREFUSED', 'works'], (attacker) =>
    connect(attacker, 'AF_UNIX', abstractAddress(attacker.world.abstractSocket)),
  ),
  attempt(
    "the host's, over TCP",
    'socket',
    [['ENETUNREACH', 'ECONNREFUSED'], 'works'],
    (attacker) => connect(attacker, 'AF_INET', loopbackAddress(attacker.world.port)),
  ),
  single('a pair', 'socketpair', ['works', 'works'], (a) => [
    constant('AF_UNIX'),
    constant('SOCK_STREAM'),
    0,
    a.room(8),
  ]),
  single(
    'its socket',
    'connect',
    [
      ['ECONNREFUSED', 'EPROTOTYPE'],
      ['ECONNREFUSED', 'EPROTOTYPE'],
    ],
    (a) => {
      const address = abstractAddress(a.world.abstractSocket);
      return [a.fd('socket'), a.bytes(address), address.length];
    },
  ),
  single(
    'its socket',
    'bind',
    [
      ['EINVAL', 'works'],
      ['EINVAL', 'works'],
    ],
    (a) => {
      const address = abstractAddress(`${a.world.abstractSocket}-${process.pid}-bound`);
      return [a.fd('socket'), a.bytes(address), address.length];
    },
  ),
  single('at its socket', 'listen', ['EINVAL', 'EINVAL'], (a) => [a.fd('socket'), 1]),
  single('at its socket', 'accept4', ['EINVAL', 'EINVAL'], (a) => [a.fd('socket'), 0, 0, 0]),
  single(
    'to somebody else',
    'sendto',
    [
      ['works', 'EPIPE', 'EISCONN'],
      ['works', 'EPIPE', 'EISCONN'],
    ],
    (a) => {
      const address = abstractAddress(a.world.abstractSocket);
      const dontWait = constant('MSG_DONTWAIT') | constant('MSG_NOSIGNAL');
      return [a.fd('socket'), a.text('x'), 1, dontWait, a.bytes(address), address.length];
    },
  ),
  single('who is there', 'getsockopt', ['works', 'works'], (a) => [
    a.fd('socket'),
    constant('SOL_SOCKET'),
    constant('SO_PEERCRED'),
    a.room(12),
    a.words(12),
  ]),
];
