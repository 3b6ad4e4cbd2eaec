import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RunConfig } from '../config';
import { UserError } from '../user-error';
import { checkPaths, leaveLostDirectory } from './working-directory';

const CONFIG: RunConfig = {
  kernel: '/boot/vmlinux',
  initrd: '/boot/initrd',
  params: [],
  memory: 256,
  cpus: 1,
  serial: [
    { type: 'stdout', num: 1, console: true, stdin: true },
    { type: 'file', num: 2, path: '/tmp/log', console: false, stdin: false },
  ],
  disks: [{ path: '/srv/disk.img', readOnly: true }],
  sandbox: true,
};

describe('leaveLostDirectory', () => {
  const before = process.cwd();

  afterEach(() => process.chdir(before));

  test('stays in a directory that exists', () => {
    leaveLostDirectory();

    expect(process.cwd()).toBe(before);
    expect(() => checkPaths({ ...CONFIG, kernel: 'vmlinux' })).not.toThrow();
  });

  test('goes to the root from a directory that was removed', () => {
    const directory = mkdtempSync(join(tmpdir(), 'lost-'));
    process.chdir(directory);
    rmdirSync(directory);

    leaveLostDirectory();

    expect(process.cwd()).toBe('/');
    expect(() => checkPaths({ ...CONFIG, kernel: 'vmlinux' })).toThrow(UserError);
  });
});

describe('checkPaths', () => {
  test('minds no absolute path', () => {
    expect(() => checkPaths(CONFIG, true)).not.toThrow();
  });

  test.each<[Partial<RunConfig>, string]>([
    [{ kernel: 'a' }, "kernel 'a' cannot be found: the working directory is gone"],
    [{ initrd: './b' }, "initrd './b' cannot be found"],
    [{ disks: [{ path: '../c', readOnly: true }] }, "disk '../c' cannot be found"],
    [
      { serial: [{ type: 'file', num: 3, path: 'd', console: false, stdin: false }] },
      "file of serial port 3 'd' cannot be found",
    ],
  ])('refuses %j where there is no working directory', (difference, message) => {
    expect(() => checkPaths({ ...CONFIG, ...difference }, true)).toThrow(message);
  });
});
