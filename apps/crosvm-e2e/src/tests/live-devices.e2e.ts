/* Devices that are asked for something while their guest runs: the balloon, and disks. */

import { readdirSync, readlinkSync, statSync } from 'node:fs';

import { ControlClient, type Result } from '@crosvm/vm-control';

import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksDirectIo,
  md5,
  polled,
  randomImage,
  runCrosvm,
  scaled,
  Scratch,
  scriptImage,
  testUnless,
  tooSlow,
} from '../harness';

const MIB = 2 ** 20;
const MODULES = ['virtio_balloon', 'virtio_blk'];

/** Most time for a script that does much. */
const WORK_MS = scaled(10_000);

/** MiB that guest memory takes of the host's. */
async function memoryOf(vm: Crosvm): Promise<number> {
  const directory = `/proc/${await vm.pid()}/fd`;
  const memory = readdirSync(directory).find((fd) =>
    readlinkSync(`${directory}/${fd}`).startsWith('/memfd:crosvm_guest'),
  );
  return (statSync(`${directory}/${memory ?? 'none'}`).blocks * 512) / MIB;
}

/** Waits until the balloon is as full as it is to be. */
async function settled(client: ControlClient): Promise<Result<'balloonStats'>> {
  return polled(
    WORK_MS,
    () => client.call('balloonStats', {}),
    ({ target, actual }) => target === actual,
  );
}

/** MiB of the guest, and of the balloon. */
const MEMORY = 160;
const BALLOON = 64;

/** Uses memory and frees it; wants more than the balloon leaves; uses a disk that has grown, up to its end. */
const WORK = `
mkdir /big; mount -t tmpfs -o size=90% none /big
mib=$(grep MemFree /proc/meminfo | tr -dc 0-9); mib=$((mib / 1024))
fill() { dd if=/dev/zero of=/big/file bs=1M count=$((mib * $1 / 100)) 2>/dev/null; echo "@$2: $?"; rm /big/file; }
fill 85 used
read -r line
fill 80 more
read -r line
while read -r sectors </sys/block/vda/size && [ $sectors != 16384 ]; do sleep 0.1; done
dd if=/dev/urandom of=/dev/vda bs=64k seek=16 count=112 conv=fsync 2>/dev/null; echo "@written: $?"
echo 3 >/proc/sys/vm/drop_caches
echo "@sum: $(md5sum </dev/vda)"
dmesg | grep -ci "killed process" | sed 's/^/@killed: /'
`;

testUnless(
  undefined,
  'a guest gives memory back, takes it when it is in need, and sees its disk grow',
  async () => {
    using files = new Scratch();
    const image = randomImage(files.file('image'), MIB);
    const script = scriptImage(files.file('script'), WORK);
    const socket = files.file('vm.sock');
    const options = ['-s', socket, '--rwdisk', image, '-d', script];
    const params = ['crosvm.exec=/dev/vdb'];
    const args = bootArguments({ memory: MEMORY, options, modules: MODULES, params });
    await using vm = Crosvm.spawn(args);
    await vm.expect(/^@used: 0\r*\n/m, BOOT_MS + WORK_MS);
    using client = await ControlClient.connect(socket, { timeoutMs: WORK_MS });
    const used = await memoryOf(vm);

    const asked = await runCrosvm('balloon', String(BALLOON * MIB), socket);
    const full = await settled(client);
    const left = await memoryOf(vm);
    expect(asked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ balloon \d/) as string,
    });
    expect(full).toMatchObject({ target: BALLOON * MIB, actual: BALLOON * MIB, hasDriver: true });
    expect(full.statistics?.totalMemory).toBeGreaterThan((MEMORY - 50) * MIB);
    expect(used - left).toBeGreaterThan(BALLOON / 2);

    vm.type('\n');
    await vm.expect(/^@more: 0\r*\n/m, WORK_MS);
    const { actual } = await client.call('balloonStats', {});
    expect(actual).toBeLessThan(BALLOON * MIB);
    await client.call('balloon', { bytes: 0 });
    expect(await settled(client)).toMatchObject({ target: 0, actual: 0 });

    const grown = await runCrosvm('disk', 'resize', '0', String(8 * MIB), socket);
    const refused = client.call('resizeDisk', { index: 0, bytes: MIB });
    await expect(refused).rejects.toMatchObject({ code: 'REFUSED' });
    vm.type('\n');
    expect(await vm.ended(WORK_MS)).toEqual({ code: 0, signal: null });
    expect(grown).toMatchObject({ code: 0 });
    expect(facts(vm.stdout.text)).toEqual({
      used: '0',
      more: '0',
      written: '0',
      sum: `${md5(image)}  -`,
      killed: '0',
    });
    expect(statSync(image).size).toBe(8 * MIB);
    expect(vm.stderr.text).toBe('');
  },
);

testUnless(tooSlow(), 'a guest that reports what it frees gives it back unasked', async () => {
  using files = new Scratch();
  const script = scriptImage(files.file('script'), WORK);
  const options = ['--balloon-page-reporting', '-d', script];
  const params = ['crosvm.exec=/dev/vda'];
  await using vm = Crosvm.spawn(bootArguments({ memory: 256, options, modules: MODULES, params }));
  await vm.expect(/^@used: 0\r*\n/m, BOOT_MS + WORK_MS);

  const left = await polled(
    WORK_MS,
    () => memoryOf(vm),
    (mib) => mib < 96,
  );

  expect(left).toBeLessThan(96);
});

const lack = tooSlow() ?? hostLacksDirectIo();

testUnless(lack, 'a disk past the cache grows, and shrinks to what is before its end', async () => {
  using files = new Scratch();
  const image = randomImage(files.file('image'), 2 * MIB);
  const socket = files.file('vm.sock');
  const script = `
echo '@ready: yes'; read -r line
dd if=/dev/urandom of=/dev/vda bs=64k count=64 conv=fsync 2>/dev/null; echo "@written: $?"; read -r line
read -r sectors </sys/block/vda/size; echo "@sectors: $sectors"
echo 3 >/proc/sys/vm/drop_caches
echo "@sum: $(md5sum </dev/vda)"`;
  const options = ['-s', socket, '--rwdisk', `${image},o_direct=true`];
  const disk = ['-d', scriptImage(files.file('script'), script)];
  const params = ['crosvm.exec=/dev/vdb'];
  const args = bootArguments({ options: [...options, ...disk], modules: MODULES, params });
  await using vm = Crosvm.spawn(args);
  await vm.expect(/^@ready: yes\r*\n/m, BOOT_MS);
  const grown = await runCrosvm('disk', 'resize', '0', String(4 * MIB), socket);
  vm.type('\n');
  await vm.expect(/^@written: 0\r*\n/m, WORK_MS);
  const shrunk = await runCrosvm('disk', 'resize', '--shrink', '0', String(MIB), socket);
  vm.type('\n');

  expect(await vm.ended(WORK_MS)).toEqual({ code: 0, signal: null });
  expect([grown.code, shrunk.code]).toEqual([0, 0]);
  expect(facts(vm.stdout.text)).toEqual({
    ready: 'yes',
    written: '0',
    sectors: '2048',
    sum: `${md5(image)}  -`,
  });
  expect(statSync(image).size).toBe(MIB);
});
