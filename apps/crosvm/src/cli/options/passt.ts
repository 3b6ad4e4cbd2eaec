import { AddressError, parseIpv4, parseMac } from '@crosvm/net-util/addresses';

import type { PasstConfig, PublishedPort } from '../../config';
import { parseInteger } from '../integer';
import { type KeyValueRule, parseKeyValues, parseSwitch } from '../key-values';
import type { OptionSpec } from '../option-group';
import type { OptionValues } from '../option-values';
import { quote } from '../quote';
import { suggest } from '../suggest';
import { UsageError } from '../usage-error';

/** What `--net` can bring. */
const NETWORKS = ['passt'];

const RULE: KeyValueRule = { option: '--net', keys: ['mac', 'host-loopback'], first: 'kind' };

const EXAMPLE = '--publish 8080:80';

/** The network that needs no privileges. */
export const passtOptions: readonly OptionSpec[] = [
  {
    name: 'net',
    value: 'KIND[,...]',
    choices: NETWORKS,
    keys: RULE.keys,
    first: 'kind',
    help: 'A network card with a network, without privileges. KIND is passt, which is a program; then mac=MAC, and host-loopback=true, for a guest that may reach what listens on 127.0.0.1 here',
  },
  {
    name: 'publish',
    value: '[IP:]HOST:GUEST',
    repeatable: true,
    help: 'Pass connections to port HOST of this machine on to port GUEST of the guest; with /udp, datagrams. Needs --net; may be repeated',
  },
];

/**
 * Reads `--net` and `--publish`.
 * @throws UsageError
 */
export function readPasst(values: OptionValues): PasstConfig | undefined {
  const net = values.one('net');
  const published = values.all('publish');
  if (net === undefined) {
    if (published.length > 0) {
      throw new UsageError('--publish is given, but no network that it is for', {
        hint: 'say --net passt, too',
      });
    }
    return undefined;
  }
  const pairs = parseKeyValues(net, RULE);
  checkKind(pairs.get('kind') ?? '');
  const mac = pairs.get('mac');
  if (pairs.has('mac')) {
    inOption('--net: mac', () => parseMac(mac ?? ''));
  }
  const publish = published.map(parsePublished);
  checkTwice(publish);
  const hostLoopback = parseSwitch(pairs, 'host-loopback', RULE);
  return { publish, hostLoopback, ...(mac !== undefined && { mac }) };
}

function checkKind(kind: string): void {
  if (!NETWORKS.includes(kind)) {
    const meant = suggest(kind, NETWORKS);
    throw new UsageError(`--net: there is no network ${quote(kind)}`, {
      hint: meant === undefined ? 'say --net passt' : `did you mean ${meant}?`,
    });
  }
}

function parsePublished(text: string): PublishedPort {
  const [, address, host = '', guest = '', protocol = 'tcp'] =
    /^(?:([^:]*):)?([^:/]*):([^:/]*)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (host === '' || guest === '') {
    throw new UsageError(`--publish must be [IP:]HOST:GUEST, not ${quote(text)}`, {
      hint: `say ${EXAMPLE}, or 127.0.0.1:5353:53/udp`,
    });
  }
  if (address !== undefined) {
    inOption('--publish', () => parseIpv4(address));
  }
  const port = { name: '--publish: a port', least: 1, most: 65_535 };
  return {
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    host: parseInteger(host, port),
    guest: parseInteger(guest, port),
    ...(address !== undefined && { address }),
  };
}

function checkTwice(ports: readonly PublishedPort[]): void {
  const seen = new Set<string>();
  for (const { protocol, address = '', host } of ports) {
    const key = `${address}:${host}/${protocol}`;
    if (seen.has(key)) {
      throw new UsageError(`--publish: port ${host}/${protocol} is given twice`);
    }
    seen.add(key);
  }
}

/** Says whose value an address is that is none. */
export function inOption<Result>(name: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw error instanceof AddressError ? new UsageError(`${name}: ${error.message}`) : error;
  }
}
