import { execFileSync } from 'node:child_process';
import { linkSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DiskSettings } from '../config';
import { UserError } from '../user-error';
import { openDisks } from './open-disks';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('openDisks', () => {
  const directory = mkdtempSync(join(tmpdir(), 'open-disks-test-'));
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('a.img'), new Uint8Array(4096));
  writeFileSync(at('b.img'), new Uint8Array(8192));
  writeFileSync(at('empty.img'), '');
  writeFileSync(at('odd.img'), new Uint8Array(1000));
  linkSync(at('a.img'), at('hard.img'));
  symlinkSync(at('a.img'), at('soft.img'));
  symlinkSync('loop.img', at('loop.img'));
  execFileSync('mkfifo', [at('fifo')]);

  afterAll(() => rmSync(directory, { recursive: true }));

  const readOnly = (name: string): DiskSettings => ({ path: at(name), readOnly: true });
  const writable = (name: string): DiskSettings => ({ path: at(name), readOnly: false });

  function errorOf(disks: readonly DiskSettings[]): UserError {
    try {
      openDisks(disks, 1).forEach((disk) => disk[Symbol.dispose]());
    } catch (error) {
      return error as UserError;
    }
    throw new Error('they were opened');
  }

  test('opens disks in order, with the queues', () => {
    const disks = openDisks([writable('b.img'), { ...readOnly('a.img'), id: 'x' }], 3);

    expect(disks.map(({ config }) => config)).toMatchObject([
      { sectors: 16, readOnly: false, queues: 3 },
      { sectors: 8, readOnly: true, queues: 3, id: 'x' },
    ]);
    disks.forEach((disk) => disk[Symbol.dispose]());
  });

  test('takes an image twice that nobody writes', () => {
    const disks = openDisks([readOnly('a.img'), readOnly('soft.img')], 1);

    expect(disks).toHaveLength(2);
    disks.forEach((disk) => disk[Symbol.dispose]());
  });

  test.each([
    ['written twice', writable('a.img'), writable('a.img')],
    ['written, then read', writable('a.img'), readOnly('a.img')],
    ['read, then written', readOnly('a.img'), writable('a.img')],
    ['written by a link', readOnly('a.img'), writable('hard.img')],
    ['written by a symbolic link', writable('a.img'), readOnly('soft.img')],
  ])('refuses an image that is %s', (_, first, second) => {
    expect(errorOf([first, readOnly('b.img'), second])).toMatchObject({
      message: `disk '${second.path}' is given twice, and written`,
      hint: 'give it once, or read-only (--disk or --root) each time',
    });
  });

  test('refuses an image that another VM has', () => {
    const others = openDisks([readOnly('a.img')], 1);
    const error = errorOf([readOnly('b.img'), writable('a.img')]);
    others.forEach((disk) => disk[Symbol.dispose]());

    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: `disk '${at('a.img')}' is in use by another disk or another VM`,
      hint: 'end the VM that has it, or work on a copy; only a disk that nobody writes can be shared',
    });
  });

  test.each<[string, Partial<DiskSettings>, string, string | undefined]>([
    [
      'none.img',
      { readOnly: true },
      'does not exist',
      'check the path; a path with a comma goes into quotes of its own',
    ],
    [
      'none.img',
      {},
      'does not exist',
      `to make an empty disk of 1 GiB: truncate -s 1G '${at('none.img')}'`,
    ],
    ['.', {}, 'is a directory', `to make a disk of it: mkfs.ext4 -d '${at('.')}' disk.img 1G`],
    ['fifo', {}, 'is neither a file nor a block device', 'give a raw image or a block device'],
    ['empty.img', {}, 'is empty', `to make it 1 GiB: truncate -s 1G '${at('empty.img')}'`],
    [
      'odd.img',
      {},
      'has 1000 bytes, which is no multiple of its blocks of 512 bytes',
      `to fill its last block up: truncate -s %512 '${at('odd.img')}'`,
    ],
    [
      'a.img',
      { blockSize: 4096, id: 'x'.repeat(21) },
      `cannot have this: id '${'x'.repeat(21)}' is not up to 20 printable ASCII characters`,
      undefined,
    ],
    ['loop.img', {}, 'cannot be opened', undefined],
  ])('refuses %s %j', (name, settings, message, hint) => {
    expect(errorOf([{ ...writable(name), ...settings }])).toMatchObject({
      message: `disk '${at(name)}' ${message}`,
      hint,
    });
  });

  test('refuses to write what is being executed, with a remedy', () => {
    const path = process.execPath;
    expect(errorOf([{ path, readOnly: false }])).toMatchObject({
      message: `disk '${path}' cannot be written`,
      hint: expect.stringContaining('give it read-only, with --disk or --root') as string,
    });
  });

  test('leaves nothing open when one fails', () => {
    const before = openFiles();
    errorOf([writable('a.img'), writable('b.img'), writable('empty.img')]);

    expect(openFiles()).toBe(before);
  });
});
