import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { facts } from '../fixtures/facts';
import { oddities } from '../fixtures/seccomp-record';
import {
  BOOT_MS,
  bootArguments,
  checkout,
  Crosvm,
  hostLacksStaticCompiler,
  hostLacksVhost,
  programDisk,
  scaled,
  Scratch,
  scriptImage,
  staticProgram,
  takeProgram,
  testUnless,
  theGuest,
  VsockPeer,
} from '../harness';

const CPUS = Math.min(2, theGuest().maxCpus);

/** Nobody else's on this machine. */
const CID = 3 + process.pid;
const BYTES = 1_000_000;
const CONNECTIONS = 8;

/** Most time for a script that does much. */
const WORK_MS = scaled(20_000);

const lack = hostLacksVhost('vsock') ?? hostLacksStaticCompiler();

/** Both are at work at the same time: the guest's checks, and those of the host. Then once more with the driver bound again. */
const WORK = `
${takeProgram('/dev/vdb', '/tmp/echo')}
both() {
  /tmp/echo serve 6000 ${CONNECTIONS} >/dev/null & server=$!
  echo "@$1-guest: $(/tmp/echo check 2 5000 ${BYTES} ${CONNECTIONS})"
  wait $server
}
both first
cd /sys/bus/virtio/drivers/vmw_vsock_virtio_transport
for d in virtio*; do echo $d >unbind; echo $d >bind; done
both again
echo '@end: yes'
`;

describe('sockets between guest and host', () => {
  for (const [name, isJailed] of [
    ['jailed', true],
    ['without a jail', false],
  ] as const) {
    testUnless(lack, `carry what is sent both ways at once, ${name}`, async () => {
      using files = new Scratch();
      const echo = staticProgram('vsock-echo', files.file('echo'));
      using _server = new VsockPeer(echo, ['serve', 5000, 2 * CONNECTIONS]);
      const check = ['check', CID, 6000, BYTES, CONNECTIONS];
      const record = files.file('record');
      const options = isJailed ? ['--seccomp-record', record] : ['--disable-sandbox'];
      const args = bootArguments({
        cpus: CPUS,
        modules: ['vmw_vsock_virtio_transport', 'virtio_blk'],
        params: ['crosvm.exec=/dev/vda'],
        options: [
          ...['--cid', String(CID), '-d', scriptImage(files.file('script'), WORK)],
          ...['-d', programDisk(echo), ...options],
        ],
      });
      await using vm = Crosvm.spawn(args, { noInput: true });
      using first = new VsockPeer(echo, check);
      const firstOutput = await first.output();
      await vm.expect(/^@first-guest: .*/m, BOOT_MS + WORK_MS);
      using second = new VsockPeer(echo, check);
      const secondOutput = await second.output();
      await vm.expect(/^@end: yes/m, WORK_MS);

      expect([firstOutput, secondOutput]).toEqual(['vsock: same\n', 'vsock: same\n']);
      expect(await vm.ended()).toEqual({ code: 0, signal: null });
      expect(facts(vm.stdout.text)).toMatchObject({
        'first-guest': 'vsock: same',
        'again-guest': 'vsock: same',
      });
      expect(vm.stderr.text).toBe('');
      expect(isJailed ? oddities(record, 'vhost_vsock_device.policy') : []).toEqual([]);
    });
  }

  testUnless(lack, 'have an address that no other VM has', async () => {
    const args = bootArguments({ options: ['--cid', String(CID)] });
    await using first = Crosvm.spawn(args);
    await first.expect(/Welcome/, BOOT_MS);
    await using second = Crosvm.spawn(args);

    expect(await second.ended()).toEqual({ code: 1, signal: null });
    expect(second.stderr.text).toContain(`--cid ${CID}: another VM has the CID ${CID}`);
    await first.signal('SIGKILL');
    await first.ended();
  });
});

testUnless(hostLacksVhost('vsock'), 'the example in the README of @crosvm/vhost runs', () => {
  const readme = readFileSync(join(checkout(), 'libs/vhost/README.md'), 'utf8');
  const [, example = ''] = /^```ts\n([^]*?)^```/m.exec(readme) ?? [];
  // From where it finds the packages.
  const cwd = join(checkout(), 'apps/crosvm-e2e');
  const what = ['--bundle', '--loader=ts', '--platform=node', '--target=node20'];
  const from = ['--conditions=@crosvm/source', '--external:koffi'];
  const esbuild = join(checkout(), 'node_modules/.bin/esbuild');

  const script = execFileSync(esbuild, [...what, ...from], { cwd, input: example });
  const said = execFileSync(process.execPath, ['-'], { cwd, input: script, encoding: 'utf8' });

  expect(said).toBe('');
});
