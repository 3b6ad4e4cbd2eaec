import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { addPrograms, IN_GUEST, RUN_SCRIPT, SCRIPT_DONE } from './bench-initrd';
import { NETWORK_LOADS, NETWORK_LOADS_MS, rateOf } from './network-loads';
import type { BenchNetwork } from './peers';
import { PEERS, race } from './race';
import { report } from './report';
import { ScratchDirectory } from './scratch';
import { LOAD_MS, required } from './settings';
import { compile } from './tool';
import { outputUntil, type Timed } from './time-to-output';

/** For the guest's start and end. */
const START_MS = 300_000;

/** A load may take this many times as long as it should before its guest is given up. */
const PATIENCE = 5;

const HOST_IP = '10.9.8.1';
const GUEST_IP = '10.9.8.2';
const TAP = 'bench0';

/** In a network namespace and with processes of its own, all of which end with the first. */
const ISOLATED = [
  ...['--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

/** Runs `$2` and what is behind it with a TAP interface for its guest, and the server `$1` beside it. */
const BESIDE = `
set -e
ip link set lo up
ip tuntap add mode tap name ${TAP}
ip address add ${HOST_IP}/24 dev ${TAP}
ip link set ${TAP} up
server=$1
shift
"$server" serve >/dev/null 2>&1 &
exec "$@"
`;

function isolated({ command, args }: Timed, server: string): Timed {
  return {
    command: 'unshare',
    args: [...ISOLATED, 'sh', '-c', BESIDE, 'sh', server, command, ...args],
  };
}

/** What the guest runs; the first load, which is not counted, is for programs that are compiled as they run. */
function script(): string {
  const command = (kind: string, connections: number, ms: number): string =>
    `net-load ${kind} ${HOST_IP} ${connections} ${ms}`;
  const loads = NETWORK_LOADS.map(
    ({ id, kind, connections }) =>
      `figure=$(${command(kind, connections, LOAD_MS)}); echo "figure ${id} $figure"`,
  );
  return `set -e
PATH=${IN_GUEST}:$PATH
modules virtio_net
ip link set lo up
ip link set eth0 up
ip address add ${GUEST_IP}/24 dev eth0
until ping -c 1 -W 1 ${HOST_IP} >/dev/null; do :; done
${command('send', 1, LOAD_MS)} >/dev/null
${command('receive', 1, LOAD_MS)} >/dev/null
${loads.join('\n')}
`;
}

type NetworkFigures = ReadonlyMap<string, number>;

/** @throws Error if a figure is missing */
function readFigures(output: string): NetworkFigures {
  const figures = new Map<string, number>();
  for (const load of NETWORK_LOADS) {
    const [, count, nanoseconds] = new RegExp(`figure ${load.id} (\\d+) (\\d+)`).exec(output) ?? [];
    const rate = rateOf(load, Number(count), Number(nanoseconds));
    if (!(rate > 0)) {
      throw new Error(`the guest did not measure ${load.id}:\n${output.slice(-2000)}`);
    }
    figures.set(load.id, rate);
  }
  return figures;
}

async function measureCard(network: BenchNetwork, directory: string): Promise<void> {
  const server = join(directory, 'net-load');
  compile('net-load.c', server, ['-Wall', '-static', '-s']);
  const initrd = process.env.CROSVM_GUEST_INITRD_MODULES ?? required('CROSVM_GUEST_INITRD');
  const guest = {
    kernel: required('CROSVM_GUEST_KERNEL'),
    initrd: addPrograms(initrd, directory, { programs: ['net-load'], script: script() }),
    cmdline: `console=ttyS0 quiet loglevel=0 reboot=t panic=-1 ${RUN_SCRIPT}`,
    network,
  };
  const timeout = START_MS + NETWORK_LOADS_MS * PATIENCE;
  const figures = await race({
    guest,
    warmUp: false,
    measure: async (command) => {
      const { output } = await outputUntil(isolated(command, server), SCRIPT_DONE, timeout);
      return readFigures(output);
    },
  });
  const values = (name: string, id: string): number[] =>
    (figures.get(name) ?? []).map((it) => it.get(id) ?? NaN);
  for (const { name, id, unit } of NETWORK_LOADS) {
    for (const peer of PEERS) {
      const what = `${name}, ${network.vhost ? 'vhost' : 'no vhost'}`;
      const sides = { ours: values('crosvm', id), theirs: values(peer, id) };
      report.compare({ what, unit, peer, ...sides, budget: 1, better: 'more' });
    }
  }
}

/** Network cards: how fast they send, receive, and answer, with and without vhost. */
export async function network(): Promise<void> {
  for (const vhost of [false, true]) {
    if (vhost && !existsSync('/dev/vhost-net')) {
      report.notMeasured('network with vhost', 'there is no /dev/vhost-net');
    } else {
      using scratch = new ScratchDirectory();
      await measureCard({ tap: TAP, vhost }, scratch.path);
    }
  }
}
