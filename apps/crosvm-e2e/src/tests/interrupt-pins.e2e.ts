import { facts } from '../fixtures/facts';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  md5,
  randomImage,
  scaled,
  Scratch,
  scriptImage,
  theGuest,
} from '../harness';

const MIB = 2 ** 20;
const CPUS = Math.min(4, theGuest().maxCpus);

/** There are eight pins for the entropy device and these. */
const DISKS = 10;

/** A disk with the script, the entropy device and the balloon. */
const OTHERS = 3;

/** Most time for a script that does much. */
const WORK_MS = scaled(10_000);

/** Reads, writes and reads all disks at the same time, so that those that share a pin interrupt together. */
const WORK = `
sums() { for d in /dev/vd[a-j]; do md5sum <$d >/tmp/$1\${d##*/} & done; wait; }
sums before
for d in /dev/vd[a-j]; do dd if=/dev/urandom of=$d bs=16k count=64 conv=fsync 2>/dev/null & done; wait
echo 3 >/proc/sys/vm/drop_caches
sums after
for d in a b c d e f g h i j; do
  read -r before _ </tmp/beforevd$d; read -r after _ </tmp/aftervd$d; echo "@vd$d: $before $after"
done
dd if=/dev/hwrng of=/dev/null bs=64 count=4 2>/dev/null && echo '@entropy: yes'
grep virtio /proc/interrupts | while read -r pin counts; do echo "@pin-\${pin%:}: "$counts; done
dmesg | grep -iE 'nobody cared|I/O error|hung' && echo '@trouble: yes'
echo '@end: yes'
`;

/** What a line of /proc/interrupts says: by whom, and for whom. */
const PIN = /^(?<counts>\d+(?: \d+)*) IO-APIC \S+ (?<devices>virtio\d+(?:, virtio\d+)*)$/;

test(`a guest with ${CPUS} CPU(s) and no MSI-X uses ten disks by pins that they share`, async () => {
  using files = new Scratch();
  const disks = Array.from({ length: DISKS }, (_, index) =>
    randomImage(files.file(`disk${index}`), MIB),
  );
  const options = [
    ...disks.flatMap((path) => ['--rwdisk', path]),
    ...['-d', scriptImage(files.file('script'), WORK)],
  ];
  const before = disks.map(md5);
  const params = ['pci=nomsi', 'crosvm.exec=/dev/vdk'];
  const args = bootArguments({
    ...{ cpus: CPUS, params, options },
    modules: ['virtio_blk', 'virtio_rng', 'virtio_balloon'],
  });
  await using vm = Crosvm.spawn(args, { noInput: true });
  await vm.expect(/^@end: yes/m, BOOT_MS + WORK_MS);

  expect(await vm.ended()).toEqual({ code: 0, signal: null });
  const said = facts(vm.stdout.text);
  expect(said).not.toHaveProperty('trouble');
  expect(said.entropy).toBe('yes');
  const found = Object.keys(said).filter((name) => name.startsWith('vd'));
  expect(found.map((name) => said[name])).toEqual(
    disks.map((path, index) => `${before[index]} ${md5(path)}`),
  );
  const pins = Object.entries(said).filter(([name]) => name.startsWith('pin-'));
  const lines = pins.map(([, line]) => PIN.exec(line)?.groups);
  const devices = lines.map((line) => line?.devices?.split(', ') ?? []);
  expect(devices.flat()).toHaveLength(DISKS + OTHERS);
  expect(devices.filter((names) => names.length > 1).length).toBeGreaterThan(1);
  expect(lines.map((line) => Number(line?.counts?.replaceAll(' ', '')) > 0)).not.toContain(false);
  expect(vm.stderr.text).toBe('');
});
