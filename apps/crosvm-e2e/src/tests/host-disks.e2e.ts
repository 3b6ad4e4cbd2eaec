import { readFileSync, truncateSync } from 'node:fs';

import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  emptyImage,
  hostLacksLoopDevices,
  hostLacksNamespaces,
  LoopDevice,
  md5,
  scaled,
  Scratch,
  scriptImage,
  testUnless,
  withSmallFileSystem,
} from '../harness';

const MIB = 2 ** 20;

const MODULES = ['virtio_blk'];

/** Most time for a script that does much. */
const WORK_MS = scaled(5_000);

/** Writes more to vda than there is room for, and then what there is room for once the rest is discarded. */
const FILL = `
forget() { echo 3 >/proc/sys/vm/drop_caches; }
write() { dd if=/dev/urandom of=/dev/vda bs=64k conv=fsync "$@" 2>/dev/null; }
sum() { dd if=/dev/vda bs=64k count=16 "$@" 2>/dev/null | md5sum; }
write count=16; before=$(sum)
write seek=16; echo "@full: $?"
forget
[ "$(sum)" = "$before" ] && echo '@kept: yes'
dd if=/dev/vda of=/dev/null bs=64k 2>/dev/null; echo "@read: $?"
echo other >/dev/vdc; sync; echo "@other: $?"
# An error of a write in the background is told to the next who asks.
sync; dd if=/dev/null of=/dev/vda conv=fsync 2>/dev/null
blkdiscard -o 1048576 /dev/vda; echo "@discarded: $?"
dd if=/dev/urandom of=/random bs=64k count=16 2>/dev/null
dd if=/random of=/dev/vda bs=64k seek=16 conv=fsync 2>/dev/null; echo "@written: $?"
forget
[ "$(sum skip=16)" = "$(md5sum </random)" ] && echo '@found: yes'
echo '@end: yes'
`;

testUnless(
  hostLacksNamespaces(),
  'a guest gets I/O errors from a disk for which the host has no room, goes on, and can make room',
  async () => {
    using files = new Scratch();
    using small = new Scratch();
    const options = [
      ...['--rwdisk', small.file('disk')],
      ...['-d', scriptImage(files.file('script'), FILL)],
      ...['--rwdisk', emptyImage(files.file('other'), MIB)],
    ];
    const args = bootArguments({ options, modules: MODULES, params: ['crosvm.exec=/dev/vdb'] });
    const wrapper = withSmallFileSystem(small.path, { room: 4 * MIB, size: 8 * MIB });
    await using vm = Crosvm.spawn(args, { noInput: true, wrapper });
    await vm.expect(/^@end: yes/m, BOOT_MS + WORK_MS);

    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(facts(vm.stdout.text)).toEqual({
      full: '1',
      kept: 'yes',
      read: '0',
      other: '0',
      discarded: '0',
      written: '0',
      found: 'yes',
      end: 'yes',
    });
    expect(vm.stderr.text).toMatch(
      /^(?:WARN disk vda: write: no space left on device \(ENOSPC\), at sector \d+\n)+/,
    );
    expect(vm.stderr.text).not.toMatch(/crosvm:|vd[bc]/);
    expect(readFileSync(files.file('other'), 'latin1').slice(0, 6)).toBe('other\n');
  },
);

/** Waits until vda has 4 MiB, and writes to the end of it. */
const GROW = `
read -r sectors </sys/block/vda/size; echo "@before: $sectors"
while read -r sectors </sys/block/vda/size && [ $sectors != 8192 ]; do sleep 0.1; done
echo "@grown: $sectors"
dd if=/dev/urandom of=/dev/vda bs=64k count=64 conv=fsync 2>/dev/null; echo "@written: $?"
echo "@sum: $(md5sum </dev/vda)"
`;

testUnless(
  hostLacksLoopDevices(),
  'a guest sees that a block device has grown, and uses all of it',
  async () => {
    using files = new Scratch();
    const image = emptyImage(files.file('image'), MIB);
    using device = new LoopDevice(image);
    const script = scriptImage(files.file('script'), GROW);
    const options = ['--rwdisk', device.path, '-d', script];
    const args = bootArguments({ options, modules: MODULES, params: ['crosvm.exec=/dev/vdb'] });
    await using vm = Crosvm.spawn(args, { noInput: true });
    await vm.expect(/^@before: 2048\r*\n/m, BOOT_MS);
    truncateSync(image, 4 * MIB);
    device.follow();
    await vm.expect(/^@grown: 8192\r*\n/m);

    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    const said = facts(vm.stdout.text);
    expect(said.written).toBe('0');
    expect(said.sum).toBe(`${md5(device.path)}  -`);
    expect(vm.stderr.text).toBe('');
  },
);
