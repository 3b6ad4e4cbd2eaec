import { readFileSync } from 'node:fs';

/** Where systemd's resolver says what it asks itself. */
const UPSTREAM = '/run/systemd/resolve/resolv.conf';

/** As many as passt takes. */
const MAX_SERVERS = 3;

function readServers(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, address = '']) => address);
}

const isLoopback = (address: string): boolean => /^127\.|^::1$/.test(address);

/** What name servers a guest has that cannot reach the loopback of this machine. */
export interface GuestNameServers {
  /** Instead of those of /etc/resolv.conf. */
  readonly instead?: readonly string[];
  /** Whether there are none. */
  readonly none: boolean;
}

/**
 * Finds name servers that a guest can reach: where those of the machine are on its loopback, those that
 * systemd's resolver asks.
 */
export function guestNameServers(
  resolvConf = '/etc/resolv.conf',
  upstream = UPSTREAM,
): GuestNameServers {
  const own = readServers(resolvConf);
  if (own.some((address) => !isLoopback(address))) {
    return { none: false };
  }
  const instead = readServers(upstream).filter((address) => !isLoopback(address));
  return instead.length === 0
    ? { none: true }
    : { none: false, instead: instead.slice(0, MAX_SERVERS) };
}
