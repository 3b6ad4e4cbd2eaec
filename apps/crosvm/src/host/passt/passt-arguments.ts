import type { PasstConfig, PublishedPort } from '../../config';

/** passt's descriptors. */
const PASST_SOCKET_FD = 3;
const PASST_READY_FD = 4;

/** A published port in passt's words. */
export function portArgument({ address, host, guest }: PublishedPort): string {
  return `${address === undefined ? '' : `${address}/`}${host}:${guest}`;
}

/** What else there is to say to passt. */
export interface PasstSurroundings {
  /** Name servers for the guest; undefined for those of /etc/resolv.conf. */
  readonly nameServers: readonly string[] | undefined;
  /** Bytes of the largest packet; undefined for passt's own choice. */
  readonly mtu: number | undefined;
}

/** The arguments that passt is started with: in the foreground, with its socket and what it tells that it is ready. */
export function passtArguments(
  { publish, hostLoopback }: PasstConfig,
  { nameServers = [], mtu }: PasstSurroundings,
): string[] {
  return [
    ...['--foreground', '--quiet', '--stderr'],
    ...['--fd', String(PASST_SOCKET_FD)],
    // It writes its number when it serves, and before that nothing goes wrong silently.
    ...['--pid', `/proc/self/fd/${PASST_READY_FD}`],
    // By the gateway's address a guest would reach what listens on 127.0.0.1 of this machine.
    ...(hostLoopback ? [] : ['--no-map-gw']),
    ...nameServers.flatMap((address) => ['--dns', address]),
    ...(mtu === undefined ? [] : ['--mtu', String(mtu)]),
    ...publish.flatMap((port) => [
      port.protocol === 'tcp' ? '--tcp-ports' : '--udp-ports',
      portArgument(port),
    ]),
  ];
}
