/* VMs that are controlled by their sockets while their guests work. */

import { connect } from 'node:net';

import { ControlClient } from '@crosvm/vm-control';

import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksDirectIo,
  hostLacksNetworks,
  hostLacksStaticCompiler,
  pause,
  programDisk,
  randomImage,
  runCrosvm,
  scaled,
  Scratch,
  scriptImage,
  staticProgram,
  takeProgram,
  theGuest,
  withNetwork,
} from '../harness';

const MIB = 2 ** 20;

/** Most time for what a guest does. */
const WORK_MS = scaled(20_000);

/** How long the guest stands still. */
const PAUSE_MS = 10_000;

const CPUS = Math.min(2, theGuest().maxCpus);

const CLIENTS = 8;
const REQUESTS = 125;

/** What a command of crosvm says. */
async function crosvm(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCrosvm(...args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

/** Where the machine can have one, the guest has a network. */
const hasNetwork = (hostLacksNetworks() ?? hostLacksStaticCompiler()) === undefined;

const CARD = ['--host_ip', '10.9.8.1', '--netmask', '255.255.255.0', '--mac', '02:00:00:00:00:42'];

/** Has data on its way to and from the host until it is told to end. */
const TRANSFER = `
${takeProgram('/dev/vdc', '/tmp/check')}
until ip link set eth0 up && ip address add 10.9.8.2/24 dev eth0; do sleep 0.1; done 2>/dev/null
/tmp/check until /tmp/stop 10.9.8.1 >/tmp/tcp &
until grep -q moving /tmp/tcp; do sleep 0.1; done
`;

/** What a guest and the rest of the test have to do with the network. */
function network(files: Scratch): {
  readonly script: string;
  readonly options: readonly string[];
  readonly wrapper: readonly string[];
} {
  if (!hasNetwork) {
    return { script: 'echo same >/tmp/tcp', options: [], wrapper: [] };
  }
  const check = staticProgram('net-check', files.file('check'));
  const options = ['-d', programDisk(check), ...CARD];
  return { script: TRANSFER, options, wrapper: withNetwork(`${check} serve`) };
}

/**
 * Writes a disk and reads it back all the time, and a TCP connection; tells the time when asked; waits for
 * the power button.
 */
const work = (transfer: string): string => `
${transfer}
dd if=/dev/urandom of=/tmp/data bs=64k count=32 2>/dev/null
set -- $(md5sum </tmp/data); right=$1
(
  rounds=0 wrong=0
  while [ ! -e /tmp/stop ]; do
    dd if=/tmp/data of=/dev/vda bs=64k oflag=direct 2>/dev/null || wrong=$((wrong + 1))
    set -- $(dd if=/dev/vda bs=64k count=32 iflag=direct 2>/dev/null | md5sum)
    [ $1 = $right ] || wrong=$((wrong + 1))
    rounds=$((rounds + 1))
  done
  [ $rounds -gt 1 ] && echo "@wrong: $wrong"
) &
for moment in first second; do
  read -r line; read -r up rest </proc/uptime; echo "@$moment: $up"
done
read -r line; : >/tmp/stop; wait
echo "@tcp: $(tail -n 1 /tmp/tcp)"
for input in /sys/class/input/event*; do
  grep -q "Power Button" $input/device/name && break
done
(sleep 0.5; echo "@button: here") &
head -c 24 /dev/input/$(basename $input) >/dev/null
poweroff
`;

/** What `first` and `second` are in the guest, in milliseconds. */
function millisecondsBetween(text: string): number {
  const { first, second } = facts(text);
  return (Number(second) - Number(first)) * 1000;
}

/** There is no such kind of request. */
const never = (): Promise<never> => Promise.reject(new Error('no such request'));

/** Asks for everything that changes nothing for long, as often as it is told. Returns why it had no answer. */
async function chatter(socket: string, seed: number): Promise<readonly string[]> {
  using client = await ControlClient.connect(socket, { timeoutMs: WORK_MS });
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => client.status(),
    () => client.call('version', {}),
    () => client.call('balloonStats', {}),
    () => client.suspend().then(() => client.resume()),
  ];
  const answers = await Promise.allSettled(
    Array.from({ length: REQUESTS }, (_, index) =>
      (kinds[(index + seed) % kinds.length] ?? never)(),
    ),
  );
  return answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []));
}

test('a guest that works on its disk and its network is suspended, asked much, resumed, and switched off by its power button', async () => {
  using files = new Scratch();
  const image = randomImage(files.file('image'), 2 * MIB);
  const { script: transfer, options: card, wrapper } = network(files);
  const script = scriptImage(files.file('script'), work(transfer));
  const socket = files.file('vm.sock');
  const options = [
    '-s',
    socket,
    '--rwdisk',
    `${image},o_direct=${String(hostLacksDirectIo() === undefined)}`,
    '-d',
    script,
    ...card,
  ];
  // Where the TSC is the host's, it cannot stand still.
  const params = ['crosvm.exec=/dev/vdb', 'clocksource=kvm-clock'];
  const modules = ['virtio_blk', 'virtio_net', 'virtio_balloon', 'button', 'evdev'];
  await using vm = Crosvm.spawn(bootArguments({ cpus: CPUS, options, modules, params }), {
    wrapper,
  });
  vm.type('\n');
  await vm.expect(/^@first: /m, BOOT_MS + WORK_MS);
  const begin = performance.now();
  const silent = connect(socket);

  expect(await crosvm('suspend', socket)).toContain('suspended');
  expect(await crosvm('status', socket)).toMatch(
    /: suspended, .*\n(?: {2}.*\n)* {2}disk vda: process \d+/,
  );
  await pause(PAUSE_MS);
  expect(await crosvm('resume', socket)).toContain('resumed');
  expect(await crosvm('vms', files.path)).toContain(`${socket}: running, `);
  expect(await crosvm('balloon_stats', socket)).toMatch(/: balloon 0 MiB, .*free \d/);
  vm.type('\n');
  await vm.expect(/^@second: /m, WORK_MS);
  const passed = performance.now() - begin;
  expect(millisecondsBetween(vm.stdout.text)).toBeLessThan(passed - PAUSE_MS / 2);

  const seeds = Array.from({ length: CLIENTS }, (_, index) => index);
  const refused = await Promise.all(seeds.map((seed) => chatter(socket, seed)));
  const reasons = new Set(refused.flat());
  expect({ reasons, said: vm.stderr.text }).toEqual({ reasons: new Set(), said: '' });

  vm.type('\n');
  await vm.expect(/^@button: here/m, WORK_MS);
  expect(await crosvm('powerbtn', socket)).toContain('pressed');
  expect(await vm.ended(WORK_MS)).toEqual({ code: 0, signal: null });
  expect(facts(vm.stdout.text)).toMatchObject({ wrong: '0', tcp: 'same' });
  expect(vm.stderr.text).toBe('');
  silent.destroy();
});
