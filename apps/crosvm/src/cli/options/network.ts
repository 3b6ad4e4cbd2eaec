import { checkHostAddress, parseIpv4, parseMac, parseNetmask } from '@crosvm/net-util/addresses';

import type { NetworkCard, NetworkConfig, RunConfig } from '../../config';
import { parseInteger } from '../integer';
import type { OptionGroup } from '../option-group';
import type { GivenOption, OptionValues } from '../option-values';
import { UsageError } from '../usage-error';
import { inOption, passtOptions, readPasst } from './passt';

/** Cards of a VM: the bus has room for more, and disks need it. */
const MAX_CARDS = 8;

/** As many as a card of the `net` module can have. */
const MAX_PAIRS = 16;

/** Bytes of a packet: what IPv4 takes at least, and what is left of 65535 in a frame. */
const MIN_MTU = 68;
const MAX_MTU = 65_521;
const MAX_PASST_MTU = 65_520;

/** The card that is made with its interface: all of these, or none. */
const MADE = ['host_ip', 'netmask', 'mac'] as const;

const EXAMPLE = '--host_ip 10.0.2.1 --netmask 255.255.255.0 --mac 02:00:00:00:00:01';

/** Network cards, and sockets between guest and host. */
export const networkOptions: OptionGroup<Pick<RunConfig, 'network' | 'cid'>> = {
  title: 'Network',
  options: [
    ...passtOptions,
    {
      name: 'host_ip',
      value: 'IP',
      help: 'A network card over a TAP interface that is made for it; the IPv4 address of the host on it',
    },
    { name: 'netmask', value: 'MASK', help: 'The netmask of that interface' },
    { name: 'mac', value: 'MAC', help: "The guest's MAC address on it; all three go together" },
    {
      name: 'tap-name',
      value: 'NAME',
      repeatable: true,
      help: 'A network card over a TAP interface that exists; may be repeated',
    },
    {
      name: 'tap-fd',
      value: 'FD',
      repeatable: true,
      help: 'A network card over a TAP interface that is open as this descriptor; may be repeated',
    },
    {
      name: 'net-vq-pairs',
      value: 'N',
      help: `Pairs of queues of each network card, up to ${MAX_PAIRS} (default: 1)`,
    },
    {
      name: 'net-mtu',
      value: 'BYTES',
      help: 'The largest packet of each network card. Default: that of its interface',
    },
    { name: 'vhost-net', help: "Have the kernel's vhost-net move the packets of network cards" },
    {
      name: 'cid',
      value: 'N',
      help: "The guest's address for sockets between guest and host (vsock), 3 or more. Default: no such sockets",
    },
  ],
  read(values) {
    const network = readNetwork(values);
    const cid = readCid(values);
    return { ...(network && { network }), ...(cid !== undefined && { cid }) };
  },
};

function readNetwork(values: OptionValues): NetworkConfig | undefined {
  const cards = [...readMade(values), ...values.among(['tap-name', 'tap-fd']).map(readTap)];
  const passt = readPasst(values);
  checkCards(cards, values);
  if (cards.length === 0 && passt === undefined) {
    return undefined;
  }
  const mtu = values.one('net-mtu');
  const most = passt === undefined ? MAX_MTU : MAX_PASST_MTU;
  return {
    cards,
    ...(passt !== undefined && { passt }),
    pairs: parseInteger(values.one('net-vq-pairs') ?? '1', {
      name: '--net-vq-pairs',
      least: 1,
      most: MAX_PAIRS,
    }),
    vhost: values.has('vhost-net'),
    ...(mtu !== undefined && {
      mtu: parseInteger(mtu, { name: '--net-mtu', least: MIN_MTU, most, unit: 'bytes' }),
    }),
  };
}

function checkCards(cards: readonly NetworkCard[], values: OptionValues): void {
  const hasPasst = values.has('net');
  const about = ['net-vq-pairs', 'vhost-net', ...(hasPasst ? [] : ['net-mtu'])].find((name) =>
    values.has(name),
  );
  if (cards.length === 0 && about !== undefined) {
    const what = hasPasst ? 'no network card over a TAP interface' : 'no network card';
    throw new UsageError(`--${about} is given, but ${what}`, {
      hint: `give one with --tap-name, or with ${EXAMPLE}`,
    });
  }
  const count = cards.length + (hasPasst ? 1 : 0);
  if (count > MAX_CARDS) {
    throw new UsageError(`${count} network cards are given, but a VM can have ${MAX_CARDS}`);
  }
}

function readMade(values: OptionValues): NetworkCard[] {
  const missing = MADE.filter((name) => !values.has(name));
  if (missing.length === MADE.length) {
    return [];
  }
  const [first] = missing;
  if (first !== undefined) {
    throw new UsageError(`--${first} is missing: --host_ip, --netmask and --mac go together`, {
      hint: `say ${EXAMPLE}`,
    });
  }
  const [hostIp = '', netmask = '', mac = ''] = MADE.map((name) => values.one(name));
  inOption('--mac', () => parseMac(mac));
  const mask = inOption('--netmask', () => parseNetmask(netmask));
  inOption('--host_ip', () => checkHostAddress(parseIpv4(hostIp), mask));
  return [{ source: { kind: 'create', hostIp, netmask }, mac }];
}

function readTap({ name, value }: GivenOption): NetworkCard {
  if (name === 'tap-fd') {
    const fd = parseInteger(value, { name: '--tap-fd', least: 3, most: 1_048_575 });
    return { source: { kind: 'fd', fd } };
  }
  if (value === '') {
    throw new UsageError('--tap-name needs a name that is not empty');
  }
  return { source: { kind: 'name', name: value } };
}

/** The addresses below belong to the hypervisor, to local sockets and to the host; the last means any. */
function readCid(values: OptionValues): number | undefined {
  const cid = values.one('cid');
  return cid === undefined
    ? undefined
    : parseInteger(cid, { name: '--cid', least: 3, most: 2 ** 32 - 2 });
}
