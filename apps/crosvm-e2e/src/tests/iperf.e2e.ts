import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  guestLacksDrivers,
  hostLacksNetworks,
  hostLacksTool,
  machineProgramDisk,
  scaled,
  Scratch,
  scriptParam,
  testUnless,
  tooSlow,
  withNetwork,
} from '../harness';

/** How long both ends send at once. */
const SECONDS = Number(process.env.CROSVM_E2E_IPERF_SECONDS ?? 6);

const WORK_MS = scaled(20_000) + 1000 * SECONDS;

const CARD = ['--host_ip', '10.9.7.1', '--netmask', '255.255.255.0', '--mac', '02:00:00:00:00:07'];

/** iperf3 fails if the connection is lost, or carries nothing in the end. */
const WORK = `
up() { ip link set eth0 up; ip address add 10.9.7.2/24 dev eth0; }
mkdir -p /tmp/perf && mount -t squashfs /dev/vda /tmp/perf && cd /tmp/perf
until up; do sleep 0.1; done 2>/dev/null
iperf() { lib/ld-linux-x86-64.so.2 --library-path lib ./iperf3 -c 10.9.7.1 "$@"; }
until iperf -t 1 >/dev/null 2>&1; do sleep 0.2; done
iperf --bidir -t ${SECONDS} >/tmp/out 2>&1 & perf=$!
sleep ${SECONDS / 2}
cd /sys/bus/virtio/drivers/virtio_net
for d in virtio*; do echo $d >unbind; echo $d >bind; done
until up; do sleep 0.1; done 2>/dev/null
wait $perf; echo "@status: $?"
echo "@received: $(grep -c receiver /tmp/out)"
grep receiver /tmp/out
`;

const lack = tooSlow() ?? guestLacksDrivers() ?? hostLacksNetworks() ?? hostLacksTool('iperf3');

testUnless(
  lack,
  `a guest sends and receives for ${SECONDS} s, with its driver bound anew in the middle`,
  async () => {
    using files = new Scratch();
    const args = bootArguments({
      memory: 512,
      modules: ['virtio_net', 'virtio_blk', 'squashfs'],
      params: [scriptParam(WORK)],
      options: ['-d', machineProgramDisk('iperf3', files.file('iperf3')), ...CARD],
    });
    await using vm = Crosvm.spawn(args, { noInput: true, wrapper: withNetwork('exec iperf3 -s') });

    expect(await vm.ended(BOOT_MS + WORK_MS)).toEqual({ code: 0, signal: null });
    // A line for each direction.
    expect(facts(vm.stdout.text)).toMatchObject({ status: '0', received: '2' });
    expect(vm.stderr.text).toBe('');
  },
);
