import { readFileSync } from 'node:fs';

import { facts } from '../fixtures/facts';
import { FIO_IMAGE, fioDiskBytes, fioScript, fioSuccess, hostLacksFio } from '../fixtures/fio';
import { compressedImage, corruptions, qcow2Image, rawImage } from '../fixtures/qcow2';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksTool,
  md5,
  randomImage,
  scaled,
  scriptImage,
  Scratch,
  testUnless,
} from '../harness';

const MIB = 2 ** 20;
const MODULES = ['virtio_blk', 'squashfs'];

/** Most time for a script that does much. */
const WORK_MS = scaled(20_000);

/** Uses qcow2 disks in every way, and goes on until it is killed. */
const WORK = `
echo "@compressed: $(md5sum </dev/vdb)"
echo "@backing: $(md5sum </dev/vdc)"
dd if=/dev/vdb of=/dev/vdc bs=64k seek=16 count=32 conv=fsync 2>/dev/null
blkdiscard -o 1048576 -l 1048576 /dev/vdc
dd if=/dev/vdb of=/dev/vdc bs=64k seek=100 count=1 conv=fsync 2>/dev/null
${FIO_IMAGE === '' ? '' : fioScript('/dev/vde')}
[ ! -d /fio ] || fio_verify aio /dev/vdd --ioengine=libaio --iodepth=16 --direct=1 --bs=4k
sync
echo 3 >/proc/sys/vm/drop_caches
echo "@written: $(md5sum </dev/vdc)"
echo '@synced: yes'
while :; do
  dd if=/dev/urandom of=/dev/vdd bs=4k count=200 seek=$((RANDOM % 800)) conv=fsync 2>/dev/null
  blkdiscard -o $((RANDOM % 32 * 65536)) -l 262144 /dev/vdd
done
`;

const lack = hostLacksTool('qemu-img');

describe('a guest with qcow2 disks', () => {
  testUnless(lack, 'has what is in them, and leaves them whole when all is killed', async () => {
    using files = new Scratch();
    const source = randomImage(files.file('source'), 8 * MIB);
    const base = randomImage(files.file('base'), 8 * MIB);
    const over = qcow2Image(files.file('over'), '--backing_file', base);
    const data = qcow2Image(files.file('data'), String(fioDiskBytes(1) * 2));
    const baseBefore = md5(base);
    const options = [
      ['-d', scriptImage(files.file('script'), WORK)],
      ['-d', `${compressedImage(files.file('compressed'), source)},format=qcow2`],
      ['--rwdisk', `${over},format=qcow2,backing=${base}`],
      ['--rwdisk', `${data},format=qcow2`],
      ...(FIO_IMAGE === '' ? [] : [['-d', FIO_IMAGE]]),
    ];
    const params = ['crosvm.exec=/dev/vda'];
    const args = bootArguments({ modules: MODULES, params, options: options.flat() });
    await using vm = Crosvm.spawn(args, { noInput: true });
    await vm.expect(/^@synced: yes/m, BOOT_MS + 2 * WORK_MS);
    await vm.signal('SIGKILL');
    expect(await vm.ended()).toEqual({ code: null, signal: 'SIGKILL' });

    const said = facts(vm.stdout.text);
    const model = readFileSync(base);
    readFileSync(source).copy(model, MIB, 0, 2 * MIB);
    model.fill(0, MIB, 2 * MIB);
    readFileSync(source).copy(model, 100 * 65536, 0, 65536);
    expect(said.compressed).toBe(`${md5(source)}  -`);
    expect(said.backing).toBe(`${baseBefore}  -`);
    expect([corruptions(over), corruptions(data)]).toEqual([0, 0]);
    const raw = rawImage(files.file('raw'), over);
    expect(readFileSync(raw).equals(model)).toBe(true);
    expect(said.written).toBe(`${md5(raw)}  -`);
    expect(md5(base)).toBe(baseBefore);
    const fio = hostLacksFio() === undefined ? fioSuccess(1) : undefined;
    expect(said['fio-aio']).toBe(fio);
  });
});
