import { join } from 'node:path';

import { addPrograms, IN_GUEST, RUN_SCRIPT, SCRIPT_DONE } from './bench-initrd';
import { NETWORK_LOADS, NETWORK_LOADS_MS, type NetworkLoad, rateOf } from './network-loads';
import type { BenchGuest } from './peers';
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

/** In a network namespace and with processes of its own, all of which end with the first. */
const ISOLATED = [
  ...['--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

/** What carries streams between host and guest. */
export interface Carrier {
  /** What the host runs first, as root of a network namespace of its own. */
  readonly setUp: string;
  /** What the guest runs first. */
  readonly setUpGuest: string;
  /** For `net-load serve`. */
  readonly protocol: 'tcp' | 'vsock';
  /** The host's address, as the guest sees it. */
  readonly host: string;
  readonly guest: Pick<BenchGuest, 'network' | 'cid'>;
  /** What a load is called in the report. */
  readonly nameOf: (load: NetworkLoad) => string;
}

/**
 * Runs a VMM with the server beside it. The lock is theirs until all of them have gone: what the last VM
 * had is free then.
 */
function beside({ command, args }: Timed, { setUp, protocol }: Carrier, directory: string): Timed {
  const script = `
set -e
${setUp}
server=$1
shift
"$server" serve ${protocol} >/dev/null 2>&1 &
exec "$@"
`;
  const lock = ['--no-fork', join(directory, 'lock')];
  const shell = ['sh', '-c', script, 'sh', join(directory, 'net-load')];
  return {
    command: 'flock',
    args: [...lock, 'unshare', ...ISOLATED, ...shell, command, ...args],
  };
}

/** What the guest runs; the first loads, which are not counted, are for programs that are compiled as they run. */
function script({ setUpGuest, host }: Carrier): string {
  const command = ({ kind, connections }: Pick<NetworkLoad, 'kind' | 'connections'>): string =>
    `net-load ${kind} ${host} ${connections} ${LOAD_MS}`;
  const loads = NETWORK_LOADS.map(
    (load) => `figure=$(${command(load)}); echo "figure ${load.id} $figure"`,
  );
  return `set -e
PATH=${IN_GUEST}:$PATH
${setUpGuest}
${command({ kind: 'send', connections: 1 })} >/dev/null
${command({ kind: 'receive', connections: 1 })} >/dev/null
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

/** Measures how fast a carrier is, against the same of the peers. */
export async function measureCarrier(carrier: Carrier): Promise<void> {
  using scratch = new ScratchDirectory();
  compile('net-load.c', join(scratch.path, 'net-load'), ['-Wall', '-static', '-s']);
  const initrd = process.env.CROSVM_GUEST_INITRD_MODULES ?? required('CROSVM_GUEST_INITRD');
  const additions = { programs: ['net-load'], script: script(carrier) };
  const guest = {
    kernel: required('CROSVM_GUEST_KERNEL'),
    initrd: addPrograms(initrd, scratch.path, additions),
    cmdline: `console=ttyS0 quiet loglevel=0 reboot=t panic=-1 ${RUN_SCRIPT}`,
    ...carrier.guest,
  };
  const timeout = START_MS + NETWORK_LOADS_MS * PATIENCE;
  const figures = await race({
    guest,
    warmUp: false,
    measure: async (command) => {
      const timed = beside(command, carrier, scratch.path);
      return readFigures((await outputUntil(timed, SCRIPT_DONE, timeout)).output);
    },
  });
  const values = (name: string, id: string): number[] =>
    (figures.get(name) ?? []).map((it) => it.get(id) ?? NaN);
  for (const load of NETWORK_LOADS) {
    const { id, unit } = load;
    for (const peer of PEERS) {
      const sides = { ours: values('crosvm', id), theirs: values(peer, id) };
      const what = carrier.nameOf(load);
      report.compare({ what, unit, peer, ...sides, budget: 1, better: 'more' });
    }
  }
}
