import { mkdirSync, readFileSync } from 'node:fs';

import { facts } from '../fixtures/facts';
import { FIO_IMAGE, fioDiskBytes, fioScript, fioSuccess, hostLacksFio } from '../fixtures/fio';
import {
  BOOT_MS,
  bootArguments,
  bytesOnDisk,
  checkExt4,
  Crosvm,
  dumpExt4,
  emptyImage,
  END_MS,
  ext4Image,
  guestLacksCpus,
  hostLacksDirectIo,
  hostLacksTool,
  md5,
  randomImage,
  scaled,
  scriptImage,
  scriptParam,
  Scratch,
  squashfsImage,
  testUnless,
  unpackRoot,
} from '../harness';

const MIB = 2 ** 20;

/** What disks take in a kernel without them. */
const MODULES = ['virtio_blk', 'virtio_rng', 'squashfs'];

/** Most time for a script that does much. */
const WORK_MS = scaled(10_000);

const lack = hostLacksTool('mkfs.ext4') ?? hostLacksTool('e2fsck') ?? hostLacksTool('debugfs');

/** Says of each disk: sectors, whether it is read-only, bytes of a block, whether it discards, its id. */
const DESCRIBE = `
for d in /sys/block/vd*; do
  read -r sectors <$d/size; read -r ro <$d/ro; read -r block <$d/queue/logical_block_size
  read -r discard <$d/queue/discard_max_bytes; id=; read -r id <$d/serial
  [ $discard = 0 ] || discard=1
  echo "@\${d##*/}: $sectors $ro $block $discard $id"
done
`;

/** Does all that is dangerous to a disk, and goes on with it until it is killed. */
const WORK = `
${DESCRIBE}
while read -r _ at type options; do [ $at != / ] || echo "@root: $type \${options%%,*}"; done </proc/mounts
echo "@readonly: $(md5sum </dev/vdb)"
echo x 2>/dev/null >/dev/vdb && echo '@written: yes'
dd if=/dev/vdb of=/dev/vdc bs=64k conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
echo "@copied: $(md5sum </dev/vdc)"
blkdiscard -o 1048576 -l 4194304 /dev/vdc
echo 3 >/proc/sys/vm/drop_caches
echo "@discarded: $(md5sum </dev/vdc)"
echo "@entropy: $(dd if=/dev/hwrng bs=64 count=4 2>/dev/null | md5sum)"
mkdir -p /tree/deep/er
cp -a /bin /sbin /lib /etc /tree/deep/er
dd if=/dev/urandom of=/tree/random bs=64k count=64 2>/dev/null
ln -s ../random /tree/deep/link
i=0; while [ $i -lt 100 ]; do echo $i >/tree/deep/$i; i=$((i + 1)); done
(cd /tree && find . -type f | xargs md5sum) >/tmp/sums && cp /tmp/sums /tree/sums
sync
${FIO_IMAGE === '' ? '' : fioScript('/dev/vdf')}
[ ! -d /fio ] || fio_verify aio /dev/vdg --ioengine=libaio --iodepth=16 --direct=1 --bs=4k
[ ! -d /fio ] || fio_verify sync /dev/vdh --ioengine=psync --bsrange=4k-64k --fsync=32
echo '@synced: yes'
while :; do dd if=/dev/urandom of=/more bs=64k count=16 2>/dev/null; mkdir -p /m/o/r/e; rm -rf /m; done
`;

/** What is left of a guest that was killed at its work. */
interface Remains {
  readonly said: Readonly<Record<string, string>>;
  readonly root: string;
  readonly source: string;
  readonly target: string;
}

/** Boots a guest with many disks, which does its `WORK` until it has synced, and kills all of it then. */
async function killAtWork(files: Scratch, cpus: number): Promise<Remains> {
  const root = ext4Image(files.file('root'), unpackRoot(files.file('tree')), 64);
  const source = randomImage(files.file('source'), 8 * MIB);
  const target = randomImage(files.file('target'), 8 * MIB);
  const [deep, plain] = ['deep', 'plain'].map((name) =>
    emptyImage(files.file(name), fioDiskBytes(cpus)),
  );
  const disks = [
    ['--rwroot', `${root},id=12345678901234567890`],
    ['-d', `${source},block_size=4096`],
    ['--rwdisk', target],
    ['--rwdisk', `${emptyImage(files.file('thick'), MIB)},sparse=false,id=thick`],
    ['-d', scriptImage(files.file('script'), WORK)],
    ...(FIO_IMAGE === '' ? [] : [['-d', FIO_IMAGE]]),
    ['--rwdisk', `${deep},o_direct=${hostLacksDirectIo() === undefined}`],
    ['--rwdisk', `${plain}`],
  ];
  const params = ['crosvm.switch', 'crosvm.exec=/dev/vde'];
  const args = bootArguments({ cpus, modules: MODULES, params, options: disks.flat() });
  await using vm = Crosvm.spawn(args, { noInput: true });
  await vm.expect(/^@synced: yes/m, BOOT_MS + 2 * WORK_MS);
  await vm.deviceHosts();
  await vm.signal('SIGKILL');
  expect(await vm.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(vm.stderr.text).toBe('');
  return { said: facts(vm.stdout.text), root, source, target };
}

describe.each([1, 4])('a guest with %d CPU(s) and a root that it can write', (cpus) => {
  const files = new Scratch();
  let remains: Remains;

  beforeAll(async () => {
    remains = await killAtWork(files, cpus);
  });
  afterAll(() => files[Symbol.dispose]());

  const lacking = lack ?? guestLacksCpus(cpus);

  testUnless(lacking, 'has its disks as they were asked for', () => {
    expect(remains.said).toMatchObject({
      vda: '131072 0 512 1 12345678901234567890',
      vdb: '16384 1 4096 0 ',
      vdc: '16384 0 512 1 ',
      vdd: '2048 0 512 0 thick',
      root: 'ext4 rw',
      entropy: expect.stringMatching(/^[0-9a-f]{32} /) as string,
    });
  });

  testUnless(lacking, 'copies a disk that it cannot write, and discards a part of the copy', () => {
    const { said, source, target } = remains;
    const content = readFileSync(source);
    content.fill(0, MIB, 5 * MIB);
    expect(said).not.toHaveProperty('written');
    expect(said.readonly).toBe(`${md5(source)}  -`);
    expect(said.copied).toBe(said.readonly);
    expect(said.discarded).toBe(`${md5(target)}  -`);
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(bytesOnDisk(target)).toBeLessThanOrEqual(4 * MIB);
  });

  testUnless(lacking, 'loses nothing of what was synced when all is killed', () => {
    checkExt4(remains.root);
    checkTree(remains.root, files.file('found'));
  });

  const direct = hostLacksDirectIo() === undefined ? ' past the page cache of the host and' : '';
  testUnless(
    lacking ?? hostLacksFio(),
    `finds all that fio wrote in random order,${direct} with many requests at a time`,
    () => {
      const { said } = remains;
      expect([said['fio-aio'], said['fio-sync']]).toEqual([fioSuccess(cpus), fioSuccess(cpus)]);
    },
  );
});

/** Looks whether all that the guest synced is in its root. */
function checkTree(root: string, directory: string): void {
  mkdirSync(directory);
  dumpExt4(root, '/tree', directory);
  const sums = readFileSync(`${directory}/tree/sums`, 'utf8').trimEnd().split('\n');
  const wrong = sums.filter((line) => {
    const [sum, name = ''] = line.split('  ');
    return md5(`${directory}/tree/${name}`) !== sum;
  });
  expect(sums.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
}

describe.each([
  ['ext4', lack, ext4Image],
  ['squashfs', hostLacksTool('mksquashfs'), squashfsImage],
] as const)('a guest with an %s root that it cannot write', (type, lacking, makeImage) => {
  testUnless(lacking, 'runs from it, behind two other disks, and leaves it as it was', async () => {
    using files = new Scratch();
    const root = makeImage(files.file('root'), unpackRoot(files.file('tree')), 32);
    const before = md5(root);
    const script = `
      while read -r _ at type options; do [ $at != / ] || echo "@root: $type \${options%%,*}"; done </proc/mounts
      (echo x >/file) 2>/dev/null || echo '@file: refused'
      mount -o remount,rw / 2>/dev/null && echo '@remount: done'
      echo x >/dev/vdc 2>/dev/null && echo '@disk: written'
      echo "@end: $(ls /sbin | md5sum | cut -c1-8)"
    `;
    const options = [
      ...['-d', scriptImage(files.file('script'), script)],
      ...['--rwdisk', emptyImage(files.file('other'), MIB)],
      ...['-r', root],
    ];
    const params = ['crosvm.switch', 'crosvm.exec=/dev/vda'];
    const args = bootArguments({ modules: MODULES, params, options });
    await using vm = Crosvm.spawn(args, { noInput: true });
    await vm.expect(/^@end: /m, BOOT_MS + WORK_MS);

    expect(await vm.ended(END_MS)).toEqual({ code: 0, signal: null });
    expect(vm.stderr.text).toBe('');
    expect(facts(vm.stdout.text)).toEqual({
      root: `${type} ro`,
      file: 'refused',
      end: expect.any(String) as string,
    });
    expect(md5(root)).toBe(before);
  });
});

/** Reads the first line of each disk; then unbinds and binds all virtio drivers, and reads once more. */
const BIND = `
tags() { for d in /dev/vd*; do read -r tag <$d; echo -n "$tag "; done; }
echo "@before: $(tags)"
i=0; while [ $i -lt 10 ]; do
  for d in /sys/bus/virtio/drivers/*/virtio*; do
    driver=\${d%/*} name=\${d##*/}
    echo $name >$driver/unbind && echo $name >$driver/bind || echo "@failed: $d"
  done
  i=$((i + 1))
done
echo "@after: $(tags)"
echo "@entropy: $(dd if=/dev/hwrng bs=16 count=1 2>/dev/null | md5sum)"
dmesg | grep -iE 'I/O error|virtio.*(fail|error|timeout)|hung' && echo '@trouble: yes'
echo '@end: yes'
`;

describe.each([1, 4])('a guest with %d CPU(s) and 26 disks', (cpus) => {
  testUnless(
    guestLacksCpus(cpus),
    'has them in order, also after its drivers were unbound and bound ten times',
    async () => {
      using files = new Scratch();
      const names = Array.from({ length: 26 }, (_, index) => `disk${index}`);
      const disks = names.map((name) => scriptImage(files.file(name), `: ${name}`));
      const options = disks.flatMap((path, index) => [index % 2 === 0 ? '-d' : '--rwdisk', path]);
      // Not from a disk: one that is open keeps its name, and it would come back under another one.
      const params = [scriptParam(BIND)];
      const args = bootArguments({ cpus, modules: MODULES, params, options });
      await using vm = Crosvm.spawn(args, { noInput: true });
      await vm.expect(/^@end: yes/m, BOOT_MS + 3 * WORK_MS);

      expect(await vm.ended(END_MS)).toEqual({ code: 0, signal: null });
      const tags = names.map((name) => `: ${name} `).join('');
      expect(facts(vm.stdout.text)).toEqual({
        before: tags,
        after: tags,
        entropy: expect.any(String) as string,
        end: 'yes',
      });
    },
  );
});
