import { mkdirSync, readFileSync } from 'node:fs';

import { facts } from '../fixtures/facts';
import { oddities } from '../fixtures/seccomp-record';
import {
  BOOT_MS,
  bootArguments,
  CHECKED_MIB,
  Crosvm,
  HOST_KIND,
  hostLacksNetworks,
  hostLacksStaticCompiler,
  hostLacksVhost,
  type Lack,
  md5,
  programDisk,
  randomImage,
  scaled,
  Scratch,
  scriptImage,
  staticProgram,
  takeProgram,
  testUnless,
  theGuest,
  tooSlow,
  withNetwork,
} from '../harness';

const MIB = 2 ** 20;
const CPUS = Math.min(4, theGuest().maxCpus);
const IS_EMULATED = HOST_KIND === 'emulated';
const BYTES = (IS_EMULATED ? 8 : 32) * MIB;

/** Most time for a script that does much. */
const WORK_MS = scaled(30_000 + 100 * CHECKED_MIB);

const CARD = ['--host_ip', '10.9.8.1', '--netmask', '255.255.255.0', '--mac', '02:00:00:00:00:42'];

/** Serves the directory `at`, fetches from the guest what it serves, and writes down what that is. */
const peer = (at: string, check: string): string => `
${check} serve &
busybox httpd -f -p 8000 -h ${at} &
until busybox wget -q -O ${at}/up http://10.9.8.2:8001/up; do sleep 0.2; done
busybox ping -q -c 3 10.9.8.2 >${at}/ping && busybox md5sum <${at}/up >${at}/sum
`;

/** Waits for what the host writes down. */
const WORK = `
${takeProgram('/dev/vdb', '/tmp/check')}
up() { ip link set lo up; ip link set eth0 up; ip address add 10.9.8.2/24 dev eth0; }
get() { wget -q -O - http://10.9.8.1:8000/$1; }
until up; do sleep 0.1; done 2>/dev/null
echo "@mac: $(cat /sys/class/net/eth0/address)"
echo "@mtu: $(cat /sys/class/net/eth0/mtu)"
echo "@queues: $(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)"
ping -q -c 3 10.9.8.1 >/tmp/ping && echo '@ping: yes'
ping -q -c 3 -s 60000 10.9.8.1 >/tmp/ping && echo '@large: yes'
echo "@udp: $(/tmp/check udp 10.9.8.1 3 65507)"
echo "@tcp: $(/tmp/check tcp 10.9.8.1 ${CHECKED_MIB} 2)"
until get down >/tmp/down; do sleep 0.2; done
echo "@down: $(md5sum </tmp/down)"
ip link set eth0 down; sleep 0.2; ip link set eth0 up
get down | md5sum >/tmp/sum; read -r sum _ </tmp/sum; echo "@again: $sum"
cd /sys/bus/virtio/drivers/virtio_net
for d in virtio*; do echo $d >unbind; echo $d >bind; done
until up; do sleep 0.1; done 2>/dev/null
get down | md5sum >/tmp/sum; read -r sum _ </tmp/sum; echo "@rebound: $sum"
mkdir -p /tmp/www && dd if=/dev/urandom of=/tmp/www/up bs=64k count=${BYTES / 65_536} 2>/dev/null
echo "@up: $(md5sum </tmp/www/up)"
httpd -p 8001 -h /tmp/www
until get sum >/tmp/sum 2>/dev/null; do sleep 0.5; done
sleep 1
read -r sum _ </tmp/sum; echo "@fetched: $sum"
get ping | grep -q ' 0% packet loss' && echo '@pinged: yes'
dmesg | grep -iE 'virtio_net.*(error|id .* is not a head)|NETDEV WATCHDOG' && echo '@trouble: yes'
echo '@end: yes'
`;

interface Way {
  readonly name: string;
  readonly options: readonly string[];
  readonly expected: Readonly<Record<string, string>>;
  readonly lack?: Lack;
  /** The policy whose calls are recorded, and compared with it. */
  readonly policy?: string | undefined;
}

const PLAIN = { mtu: '1500', queues: '1' };

const WAYS: readonly Way[] = [
  { name: 'a jailed card', options: [], expected: PLAIN },
  {
    name: 'a card without a jail',
    options: ['--disable-sandbox'],
    expected: PLAIN,
    lack: tooSlow(),
  },
  {
    name: 'several queues and large packets',
    options: ['--net-vq-pairs', '4', '--net-mtu', '9000'],
    policy: 'net_device.policy',
    expected: { mtu: '9000', queues: String(CPUS) },
    lack: tooSlow(),
  },
  {
    name: 'a card that the kernel serves, without a jail',
    options: ['--vhost-net', '--disable-sandbox'],
    expected: PLAIN,
    lack: hostLacksVhost('net'),
  },
  {
    name: 'several queues that the kernel serves',
    options: ['--vhost-net', '--net-vq-pairs', '4'],
    policy: 'vhost_net_device.policy',
    expected: { mtu: '1500', queues: String(CPUS) },
    lack: hostLacksVhost('net'),
  },
];

describe(`a guest with ${CPUS} CPU(s) and a network`, () => {
  for (const { name, options, expected, lack, policy } of WAYS) {
    testUnless(
      hostLacksNetworks() ?? hostLacksStaticCompiler() ?? lack,
      `uses ${name}`,
      async () => {
        using files = new Scratch();
        const served = files.file('served');
        mkdirSync(served);
        const down = randomImage(`${served}/down`, BYTES);
        const script = scriptImage(files.file('script'), WORK);
        const check = staticProgram('net-check', files.file('check'));
        const record = policy === undefined ? [] : ['--seccomp-record', files.file('record')];
        const args = bootArguments({
          cpus: CPUS,
          memory: 512,
          modules: ['virtio_net', 'virtio_blk'],
          params: ['crosvm.exec=/dev/vda'],
          options: ['-d', script, '-d', programDisk(check), ...CARD, ...options, ...record],
        });
        await using vm = Crosvm.spawn(args, {
          noInput: true,
          wrapper: withNetwork(peer(served, check)),
        });
        await vm.expect(/^@end: yes/m, BOOT_MS + WORK_MS);
        expect(await vm.ended()).toEqual({ code: 0, signal: null });

        const said = facts(vm.stdout.text);
        const sum = md5(down);
        expect(said).toMatchObject({
          ...expected,
          mac: '02:00:00:00:00:42',
          ping: 'yes',
          large: 'yes',
          udp: 'same',
          tcp: 'same',
          down: expect.stringContaining(sum) as string,
          again: sum,
          rebound: sum,
          pinged: 'yes',
        });
        expect(said.trouble).toBeUndefined();
        expect(said.up).toContain(said.fetched);
        expect(readFileSync(`${served}/up`).length).toBe(BYTES);
        expect(vm.stderr.text).toBe('');
        // Whether frames meet too few buffers is a matter of speed.
        const odd =
          policy === undefined ? [] : oddities(files.file('record'), policy, ['preadv: 1']);
        expect(odd).toEqual([]);
      },
    );
  }
});
