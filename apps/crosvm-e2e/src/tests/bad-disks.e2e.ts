import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

import { elfFile } from '../fixtures/elf';
import { expectRefusal, type Refusal } from '../fixtures/refusal';
import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksKvm,
  Scratch,
  Shell,
  testUnless,
  tooSlow,
  withoutOverride,
} from '../harness';

const files = new Scratch();
afterAll(() => files[Symbol.dispose]());

/** A file of so many zeroes. Returns its path. */
function file(name: string, size: number): string {
  writeFileSync(files.file(name), '');
  truncateSync(files.file(name), size);
  return files.file(name);
}

interface Row extends Omit<Refusal, 'status'> {
  readonly name: string;
  readonly args: () => readonly string[];
}

const rows: readonly Row[] = [
  {
    name: 'a disk that does not exist',
    args: () => ['-d', files.file('none')],
    says: /^disk '.*none' does not exist/,
    hint: /path/,
  },
  {
    name: 'a writable disk that does not exist',
    args: () => ['--rwdisk', files.file('none')],
    says: /^disk '.*none' does not exist/,
    hint: /truncate -s/,
  },
  {
    name: 'a directory for a root',
    args: () => ['-r', files.path],
    says: /^disk .* is a directory$/,
    hint: /mkfs/,
  },
  {
    name: 'a directory for a writable root',
    args: () => ['--rwroot', files.path],
    says: /^disk .* is a directory/,
    hint: /mkfs/,
  },
  {
    name: 'a terminal and the like for a disk',
    args: () => ['-d', '/dev/zero'],
    says: /^disk '\/dev\/zero' is neither a file nor a block device$/,
  },
  {
    name: 'a pipe for a disk',
    args: () => {
      execFileSync('mkfifo', [files.file('pipe')]);
      return ['-d', files.file('pipe')];
    },
    says: /^disk .* is neither a file nor a block device$/,
  },
  {
    name: 'an empty disk',
    args: () => ['-d', file('empty', 0)],
    says: /^disk .* is empty$/,
    hint: /truncate/,
  },
  {
    name: 'a disk that ends within a sector',
    args: () => ['--rwdisk', file('odd', 1000)],
    says: /^disk .* has 1000 bytes, which is no multiple of its blocks of 512 bytes$/,
    hint: /truncate -s %512/,
  },
  {
    name: 'a disk that ends within a block',
    args: () => ['--rwdisk', `${file('odd4k', 4096 + 512)},block_size=4096`],
    says: /^disk .* no multiple of its blocks of 4096 bytes$/,
    hint: /truncate -s %4096/,
  },
  {
    name: 'a disk twice, of which one is written',
    args: () => {
      symlinkSync(file('one', 4096), files.file('other'));
      return ['-d', files.file('one'), '--rwdisk', files.file('other')];
    },
    says: /^disk '.*other' is given twice, and written$/,
  },
  {
    name: 'a link to itself for a disk',
    args: () => {
      symlinkSync(files.file('loop'), files.file('loop'));
      return ['-d', files.file('loop')];
    },
    says: /^disk '.*loop' cannot be opened: .*ELOOP/,
  },
];

describe('crosvm run is refused', () => {
  const lack = hostLacksKvm();

  beforeAll(() => writeFileSync(files.file('kernel'), elfFile()));

  for (const [index, { name, args, ...refusal }] of rows.entries()) {
    testUnless(lack ?? tooSlow(index), `with ${name}`, async () => {
      await expectRefusal(['run', ...args(), files.file('kernel')], { status: 1, ...refusal });
    });
  }

  testUnless(lack ?? tooSlow(), 'with disks that may not be read, or not be written', async () => {
    const secret = file('secret', 4096);
    chmodSync(secret, 0);
    const fixed = file('fixed', 4096);
    chmodSync(fixed, 0o444);
    const kernel = files.file('kernel');
    const wrapper = withoutOverride();
    const noRead = { status: 1, says: /^disk '.*secret' cannot be opened: .*EACCES/ } as const;
    const noWrite = { status: 1, says: /^disk '.*fixed' cannot be written: .*EACCES/ } as const;

    await expectRefusal(['run', '-r', secret, kernel], noRead, { wrapper });
    await expectRefusal(['run', '--rwroot', fixed, kernel], noWrite, { wrapper });
  });
});

testUnless(
  tooSlow(),
  'a disk that one VM writes is refused to others, and two can read one',
  async () => {
    const written = file('written', 4096);
    const shared = file('shared', 4096);
    const options = ['--rwdisk', written, '-d', shared];
    await using first = Crosvm.spawn(bootArguments({ options }));
    await Shell.on(first);
    const kernel = files.file('kernel');
    const refusal = (what: string) =>
      ({
        status: 1,
        says: new RegExp(`^disk '.*' is ${what} another disk or another VM$`),
      }) as const;

    await expectRefusal(['run', '--rwdisk', written, kernel], refusal('in use by'));
    await expectRefusal(['run', '-d', written, kernel], refusal('being written by'));
    await expectRefusal(['run', '--rwdisk', shared, kernel], refusal('in use by'));
    await using second = Crosvm.spawn(bootArguments({ options: ['-d', shared] }));
    await second.expect(/Welcome/, BOOT_MS);
  },
);
