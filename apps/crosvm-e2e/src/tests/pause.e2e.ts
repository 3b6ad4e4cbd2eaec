/* Connections of guests that are suspended for longer than a moment. */

import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksNetworks,
  hostLacksStaticCompiler,
  hostLacksVhost,
  pause,
  programDisk,
  runCrosvm,
  scaled,
  Scratch,
  scriptImage,
  staticProgram,
  takeProgram,
  testUnless,
  theGuest,
  withNetwork,
} from '../harness';

const CPUS = Math.min(2, theGuest().maxCpus);

/** Nobody else's on this machine. */
const CID = 3 + process.pid;

/** How long guests stand still. */
const PAUSE_MS = 10_000;

/** Most time for what a guest does. */
const WORK_MS = scaled(20_000);

const CARD = ['--host_ip', '10.9.8.1', '--netmask', '255.255.255.0', '--mac', '02:00:00:00:00:42'];

const PEERS = '10.9.8.1 vsock';

/** Has data on its way to and from each peer until it is told to end, and tells the time. */
const WORK = `
${takeProgram('/dev/vdb', '/tmp/check')}
until ip link set eth0 up && ip address add 10.9.8.2/24 dev eth0; do sleep 0.1; done 2>/dev/null
for peer in ${PEERS}; do /tmp/check until /tmp/stop $peer >/tmp/$peer & done
for peer in ${PEERS}; do until grep -q moving /tmp/$peer; do sleep 0.1; done; done
read -r up rest </proc/uptime; echo "@before: $up"
read -r line
read -r up rest </proc/uptime; echo "@after: $up"
: >/tmp/stop; wait
for peer in ${PEERS}; do echo "@$peer: $(tail -n 1 /tmp/$peer)"; done
echo '@end: yes'
read -r line
`;

const lack =
  hostLacksNetworks() ??
  hostLacksVhost('net') ??
  hostLacksVhost('vsock') ??
  hostLacksStaticCompiler();

testUnless(lack, "connections by the kernel's vhost, and vsock, outlast a pause", async () => {
  using files = new Scratch();
  const check = staticProgram('net-check', files.file('check'));
  const script = scriptImage(files.file('script'), WORK);
  const socket = files.file('vm.sock');
  const devices = [...CARD, '--vhost-net', '--cid', String(CID)];
  const args = bootArguments({
    cpus: CPUS,
    modules: ['virtio_net', 'virtio_blk', 'vmw_vsock_virtio_transport'],
    // Where the TSC is the host's, it cannot stand still.
    params: ['crosvm.exec=/dev/vda', 'clocksource=kvm-clock'],
    options: ['-s', socket, '-d', script, '-d', programDisk(check), ...devices],
  });
  await using vm = Crosvm.spawn(args, { wrapper: withNetwork(`${check} serve`) });
  await vm.expect(/^@before: /m, BOOT_MS + WORK_MS);
  const begin = performance.now();

  const suspended = await runCrosvm('suspend', socket);
  await pause(PAUSE_MS);
  const resumed = await runCrosvm('resume', socket);
  vm.type('\n');
  await vm.expect(/^@after: /m, WORK_MS);
  const passed = performance.now() - begin;
  await vm.expect(/^@end: yes/m, WORK_MS);
  const stopped = await runCrosvm('stop', socket);

  expect([suspended, resumed, stopped].map(({ stderr }) => stderr)).toEqual(['', '', '']);
  expect(stopped.stdout).toContain('stopped');
  expect(await vm.ended()).toEqual({ code: 0, signal: null });
  const said = facts(vm.stdout.text);
  expect(said).toMatchObject({ '10.9.8.1': 'same', vsock: 'same' });
  expect((Number(said.after) - Number(said.before)) * 1000).toBeLessThan(passed - PAUSE_MS / 2);
  expect(vm.stderr.text).toBe('');
});
