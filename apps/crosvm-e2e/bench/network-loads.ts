import { LOAD_MS } from './settings';

/** A load on a network, or on vsock. */
export interface NetworkLoad {
  readonly name: string;
  /** Of the figure that the guest prints. */
  readonly id: string;
  readonly unit: string;
  /** For `net-load`, behind the host's address: what, and over how many connections. */
  readonly kind: 'send' | 'receive' | 'ask';
  readonly connections: number;
}

const MIB = 1024 ** 2;

function load(kind: NetworkLoad['kind'], connections: number): NetworkLoad {
  const names = { send: 'to the host', receive: 'from the host', ask: 'request/response' };
  const many = connections === 1 ? '1 connection' : `${connections} connections`;
  const unit = kind === 'ask' ? 'answers/s' : 'MiB/s';
  return { name: `${names[kind]}, ${many}`, id: `${kind}-${connections}`, unit, kind, connections };
}

/** What is done with each card, and with vsock. */
export const NETWORK_LOADS: readonly NetworkLoad[] = [
  load('send', 1),
  load('receive', 1),
  load('send', 4),
  load('receive', 4),
  load('ask', 1),
  load('ask', 4),
];

/** How many of its unit a figure's bytes or answers in so many nanoseconds are. */
export function rateOf({ kind }: NetworkLoad, count: number, nanoseconds: number): number {
  return (count / nanoseconds) * 1e9 * (kind === 'ask' ? 1 : 1 / MIB);
}

/** What all loads take, each of which is kept up for half as long before it counts. */
export const NETWORK_LOADS_MS = (NETWORK_LOADS.length + 2) * LOAD_MS * 1.5;
