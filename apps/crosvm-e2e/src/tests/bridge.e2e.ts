import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  CHECKED_MIB,
  Crosvm,
  CROSVM,
  hostLacksNetworks,
  hostLacksStaticCompiler,
  programDisk,
  scaled,
  Scratch,
  scriptParam,
  staticProgram,
  takeProgram,
  testUnless,
  tooSlow,
  withNetwork,
} from '../harness';

const lack = tooSlow() ?? hostLacksNetworks() ?? hostLacksStaticCompiler();

const WORK_MS = scaled(20_000 + 100 * CHECKED_MIB);

/** What a guest does to be reached at `address`, with the check in /tmp/check. */
const up = (address: string): string => `
${takeProgram('/dev/vda', '/tmp/check')}
ip link set eth0 up; ip address add ${address}/24 dev eth0
`;

const SERVER = `${up('10.7.0.1')} /tmp/check serve`;

const CLIENT = `${up('10.7.0.2')}
until ping -q -c 1 -W 1 10.7.0.1 >/tmp/ping; do sleep 0.1; done
echo "@udp: $(/tmp/check udp 10.7.0.1 3 65507)"
echo "@tcp: $(/tmp/check tcp 10.7.0.1 ${CHECKED_MIB} 2)"
`;

function guestAt(tap: string, script: string, disk: string, ...options: string[]) {
  return bootArguments({
    memory: 256,
    modules: ['virtio_net', 'virtio_blk'],
    params: [scriptParam(script)],
    options: ['--tap-name', tap, '-d', disk, ...options],
  });
}

const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');

/** Two interfaces on a bridge, and a guest at the first of them. */
const network = (guest: readonly string[]): string => `
ip link add br0 type bridge
ip link set br0 up
for tap in tap0 tap1; do
  ip tuntap add mode tap name $tap
  ip link set $tap master br0 up
done
exec ${quoted([CROSVM, ...guest])}
`;

const AFTER_THE_BRIDGE =
  'until ip link show master br0 2>/dev/null | grep -q tap1; do sleep 0.1; done; exec "$@"';

testUnless(lack, 'guests on a bridge reach each other, one jailed, the other one not', async () => {
  using files = new Scratch();
  const disk = programDisk(staticProgram('net-check', files.file('check')));
  const server = guestAt('tap0', SERVER, disk, '--disable-sandbox');
  const client = guestAt('tap1', CLIENT, disk);
  await using vm = Crosvm.spawn(client, {
    noInput: true,
    wrapper: [...withNetwork(network(server)), 'sh', '-c', AFTER_THE_BRIDGE, 'sh'],
  });

  expect(await vm.ended(BOOT_MS + WORK_MS)).toEqual({ code: 0, signal: null });
  expect(facts(vm.stdout.text)).toMatchObject({ udp: 'same', tcp: 'same' });
  expect(vm.stderr.text).toBe('');
});
