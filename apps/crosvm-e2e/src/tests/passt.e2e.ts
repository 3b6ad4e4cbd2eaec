import { existsSync, mkdirSync } from 'node:fs';

import { facts } from '../fixtures/facts';
import { oddities } from '../fixtures/seccomp-record';
import {
  BOOT_MS,
  bootArguments,
  CHECKED_MIB,
  Crosvm,
  descendantsOf,
  hostLacksPasst,
  hostLacksStaticCompiler,
  kill,
  programDisk,
  PROMPT_MS,
  randomImage,
  scaled,
  Scratch,
  scriptImage,
  staticProgram,
  takeProgram,
  testUnless,
  tooSlowUnless,
  until,
  withUplink,
} from '../harness';

const lack = hostLacksPasst() ?? hostLacksStaticCompiler();
/** Most time for a script that does much. */
const WORK_MS = scaled(20_000 + 100 * CHECKED_MIB);

/** Most bytes of a datagram: what the MTU of 65520 leaves, for passt knows no fragments. */
const MOST_UDP = 65_492;

/** Has the guest get its address by DHCP. */
const DHCP = `
cat >/tmp/dhcp <<'END'
[ "$1" = bound ] || exit 0
ip address add $ip/$mask dev $interface
ip route add default via $router
echo "nameserver $dns" >/etc/resolv.conf
END
chmod 755 /tmp/dhcp
up() {
  until ip link set eth0 up 2>/dev/null; do sleep 0.1; done
  udhcpc -i eth0 -n -q -s /tmp/dhcp >/dev/null 2>&1
}
ip link set lo up
`;

/** Serves what the guest asks for, and asks the guest by the ports that are published. */
const peer = (at: string, check: string): string => `
${check} serve &
${check} names 127.0.0.1 &
busybox httpd -f -p 127.0.0.1:8000 -h ${at} &
until NET_CHECK_PORT=7301 ${check} tcp 127.0.0.1 1 >${at}/tcp; do sleep 0.2; done
NET_CHECK_PORT=7302 ${check} udp 127.0.0.1 3 ${MOST_UDP} >${at}/udp
mv ${at}/udp ${at}/published
`;

const WORK = `
${takeProgram('/dev/vdb', '/tmp/check')}
${DHCP}
up
echo "@address: $(ip -o -4 address show eth0 | sed 's/.*inet \\([^ ]*\\).*/\\1/')"
echo "@mtu: $(cat /sys/class/net/eth0/mtu)"
echo "@name: $(nslookup www.example.net | sed -n 's/^Address: \\([0-9.]*\\)$/\\1/p' | tail -n 1)"
echo "@udp: $(/tmp/check udp 10.1.2.1 3 ${MOST_UDP})"
echo "@tcp: $(/tmp/check tcp 10.1.2.1 ${CHECKED_MIB} 2)"
cd /sys/bus/virtio/drivers/virtio_net
for d in virtio*; do echo $d >unbind; echo $d >bind; done
up
echo "@rebound: $(/tmp/check tcp 10.1.2.1 1)"
/tmp/check serve &
get() { wget -q -O - http://10.1.2.1:8000/$1 2>/dev/null; }
until get published >/tmp/published; do sleep 0.2; done
echo "@published: $(cat /tmp/published) $(get tcp)"
echo '@end: yes'
`;

const PORTS = ['--publish', '127.0.0.1:7301:7201', '--publish', '7302:7201/udp'];

describe('a guest with the network of passt', () => {
  for (const [name, isJailed] of [
    ['in a jail', true],
    ['without a jail', false],
  ] as const) {
    const lackOfWay = lack ?? tooSlowUnless(isJailed);
    testUnless(
      lackOfWay,
      `has an address, names, and ports that are published, ${name}`,
      async () => {
        using files = new Scratch();
        const served = files.file('served');
        mkdirSync(served);
        randomImage(`${served}/down`, 1000);
        const check = staticProgram('net-check', files.file('check'));
        const disks = [scriptImage(files.file('script'), WORK), programDisk(check)];
        const record = files.file('record');
        const options = isJailed ? ['--seccomp-record', record] : ['--disable-sandbox'];
        const args = bootArguments({
          memory: 512,
          modules: ['virtio_net', 'virtio_blk', 'af_packet'],
          params: ['crosvm.exec=/dev/vda'],
          options: [
            ...disks.flatMap((disk) => ['-d', disk]),
            ...['--net', 'passt,host-loopback', ...PORTS, ...options],
          ],
        });
        await using vm = Crosvm.spawn(args, {
          noInput: true,
          wrapper: withUplink(peer(served, check)),
        });
        await vm.expect(/^@end: yes/m, BOOT_MS + WORK_MS);

        expect(await vm.ended()).toEqual({ code: 0, signal: null });
        expect(facts(vm.stdout.text)).toMatchObject({
          address: '10.1.2.3/24',
          mtu: '65520',
          name: '192.0.2.53',
          udp: 'same',
          tcp: 'same',
          rebound: 'same',
          published: 'same same',
        });
        expect(vm.stderr.text).toBe('');
        // A reset seldom cuts a frame.
        const odd = isJailed ? oddities(record, 'net_stream_device.policy', ['pwritev: 1']) : [];
        expect(odd).toEqual([]);
      },
    );
  }

  testUnless(lack, 'has no link any more when passt has ended, which has a name', async () => {
    const args = bootArguments({
      modules: ['virtio_net'],
      params: [
        `crosvm.exec=${Buffer.from(
          `ip link set eth0 up; echo @up; c=/sys/class/net/eth0/carrier
          until [ $(cat $c) = 0 ]; do sleep 0.1; done; echo @down; stty echo`,
        ).toString('base64')}`,
      ],
      options: ['--net', 'passt'],
    });
    await using vm = Crosvm.spawn(args, { noInput: true, wrapper: withUplink(':') });
    await vm.expect(/^@up/m, BOOT_MS);
    kill(await processOf(vm, 'passt --'), 'SIGKILL');
    await vm.expect(/^@down/m);

    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stderr.text).toContain('network card over passt: the link is down');
    expect(vm.stderr.text).toContain('passt has ended (killed by SIGKILL)');
  });

  testUnless(lack, 'leaves no passt behind when crosvm is killed', async () => {
    const args = bootArguments({ options: ['--net', 'passt'] });
    // The end of the first process of the namespace would be that of all others.
    const wrapper = [...withUplink(':'), 'sh', '-c', '"$@"; sleep 600', 'sh'];
    await using vm = Crosvm.spawn(args, { wrapper });
    await vm.expect(/Welcome/, BOOT_MS);
    const passt = await processOf(vm, 'passt --');
    kill(await processOf(vm, 'main.js run'), 'SIGKILL');

    await until('the end of passt', PROMPT_MS, () => (isThere(passt) ? undefined : true));
  });

  testUnless(lack, 'is not started if a port cannot be had', async () => {
    const args = bootArguments({ options: ['--net', 'passt', '--publish', '127.0.0.1:7301:80'] });
    const wrapper = withUplink('exec busybox nc -l -p 7301');
    await using vm = Crosvm.spawn([...args], {
      noInput: true,
      wrapper: [...wrapper, 'sh', '-c', 'sleep 0.5; exec "$@"', 'sh'],
    });

    expect(await vm.ended(BOOT_MS)).toEqual({ code: 1, signal: null });
    expect(vm.stderr.text).toContain(
      'crosvm: --publish 127.0.0.1:7301:80: passt cannot listen at port 7301 of this machine',
    );
  });
});

/** A process that crosvm's wrapper started, by a part of its command line, when it is there. */
async function processOf(vm: Crosvm, part: string): Promise<number> {
  const top = await vm.pid();
  return await until(part, BOOT_MS, () => {
    const found = descendantsOf(top).find(({ commandLine }) => commandLine.includes(part));
    return found?.pid;
  });
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}/cwd`);
}
