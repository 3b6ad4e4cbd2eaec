import { spawnSync } from 'node:child_process';
import {
  constants,
  fstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lockFile, openFile } from '@crosvm/sys-util';

import { canOpenDirect } from '@crosvm/disk/testing';
import { DiskError } from './disk-error';
import { openDisk, type OpenDiskOptions } from './open-disk';

const READ_ONLY = { readOnly: true };
const WRITABLE = { readOnly: false };

describe('openDisk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'open-disk-test-'));
  const path = join(directory, 'disk.img');
  writeFileSync(path, new Uint8Array(8192));

  beforeEach(() => writeFileSync(path, new Uint8Array(8192)));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** What opening a disk throws. */
  function errorOf(at: string, options: OpenDiskOptions = READ_ONLY): DiskError {
    try {
      openDisk(at, options)[Symbol.dispose]();
    } catch (error) {
      return error as DiskError;
    }
    throw new Error('it was opened');
  }

  it('says what the disk is like', () => {
    using disk = openDisk(path, { readOnly: false, queues: 4, id: 'x', blockSize: 4096 });

    expect(disk.config).toEqual({
      sectors: 16,
      readOnly: false,
      sparse: true,
      blockSize: 4096,
      id: 'x',
      queues: 4,
    });
    expect(disk.fds).toHaveLength(1);
  });

  it('says so as plain data, which survives the way to another process', () => {
    using disk = openDisk(path, READ_ONLY);

    expect(JSON.parse(JSON.stringify(disk.config))).toEqual(disk.config);
  });

  it('waits for the disk, as reads and writes do', () => {
    using disk = openDisk(path, WRITABLE);

    const info = readFileSync(`/proc/self/fdinfo/${disk.fds[0]!.raw}`, 'utf8');
    const flags = parseInt(/flags:\s*(\d+)/.exec(info)?.[1] ?? '', 8);
    expect(flags & (constants.O_NONBLOCK | constants.O_RDWR)).toBe(constants.O_RDWR);
  });

  it('closes its descriptors in the end, and unlocks', () => {
    const disk = openDisk(path, WRITABLE);
    disk[Symbol.dispose]();
    using again = openDisk(path, WRITABLE);

    expect(disk.fds.every(({ closed }) => closed)).toBe(true);
    expect(again.config.sectors).toBe(16);
  });

  it('lets many read', () => {
    using one = openDisk(path, READ_ONLY);
    using other = openDisk(path, READ_ONLY);

    expect([one.config.sectors, other.config.sectors]).toEqual([16, 16]);
  });

  it('lets one write, and nobody beside', () => {
    using _writer = openDisk(path, WRITABLE);

    expect(errorOf(path, WRITABLE)).toMatchObject({
      code: 'LOCKED',
      message: 'is in use by another disk or another VM',
    });
    expect(errorOf(path)).toMatchObject({
      code: 'LOCKED',
      message: 'is being written by another disk or another VM',
    });
  });

  it('lets nobody write what others read', () => {
    using _reader = openDisk(path, READ_ONLY);

    expect(errorOf(path, WRITABLE).code).toBe('LOCKED');
  });

  it('keeps its lock as long as somebody has a duplicate of its descriptor', () => {
    const disk = openDisk(path, WRITABLE);
    const duplicate = disk.fds[0]!.dup();
    disk[Symbol.dispose]();

    expect(errorOf(path, WRITABLE).code).toBe('LOCKED');
    duplicate.close();
  });

  it('heeds the locks of others on a part of the file', () => {
    using other = openFile(path, constants.O_RDWR);
    lockFile(other.raw, 'shared');

    expect(errorOf(path, WRITABLE).code).toBe('LOCKED');
  });

  const canDirect = canOpenDirect(path);
  const without = canDirect ? '' : ' [skipped: the file system of the temporary files cannot]';

  (canDirect ? it : it.skip)(`opens the same file once more past the page cache${without}`, () => {
    const link = join(directory, 'link');
    symlinkSync(path, link);
    using disk = openDisk(link, { ...WRITABLE, direct: true });

    const inodes = disk.fds.map(({ raw }) => fstatSync(raw).ino);
    expect(inodes).toHaveLength(2);
    expect(new Set(inodes).size).toBe(1);
  });

  it.each([
    ['nothing', 'missing', 'NOT_FOUND', 'does not exist'],
    ['a file as a directory', 'disk.img/x', 'NOT_FOUND', 'does not exist'],
    ['a directory', '.', 'NOT_A_DISK', 'is a directory'],
    ['a file without a size', '../../proc/cpuinfo', 'NOT_A_DISK', 'has no size'],
    ['a terminal and the like', '../../dev/null', 'NOT_A_DISK', 'is neither a file nor a block'],
  ])('refuses %s', (_, name, code, message) => {
    const error = errorOf(join(directory, name));

    expect(error).toBeInstanceOf(DiskError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('refuses a directory to be written', () => {
    expect(errorOf(directory, WRITABLE)).toMatchObject({
      code: 'NOT_A_DISK',
      message: 'is a directory',
    });
  });

  it('refuses a pipe at once', () => {
    const fifo = join(directory, 'fifo');
    spawnSync('mkfifo', [fifo]);

    expect([errorOf(fifo).code, errorOf(fifo, WRITABLE).code]).toEqual([
      'NOT_A_DISK',
      'NOT_A_DISK',
    ]);
  });

  it('refuses a socket', async () => {
    const socket = join(directory, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const { code } = errorOf(socket);
    await new Promise((resolve) => server.close(resolve));

    expect(code).toBe('NOT_A_DISK');
  });

  it('refuses an empty file', () => {
    truncateSync(path);

    expect(errorOf(path)).toMatchObject({ code: 'EMPTY', message: 'is empty' });
  });

  it('refuses half a block', () => {
    truncateSync(path, 8192 - 512);

    expect(openDisk(path, READ_ONLY).config.sectors).toBe(15);
    expect(errorOf(path, { readOnly: true, blockSize: 4096 })).toMatchObject({
      code: 'BAD_SIZE',
      message: 'has 7680 bytes, which is no multiple of its blocks of 4096 bytes',
    });
    truncateSync(path, 1000);
    expect(errorOf(path).code).toBe('BAD_SIZE');
  });

  it.each([
    [{ blockSize: 0 }, 'block size 0 is not 512, 1024, 2048 or 4096'],
    [{ blockSize: 513 }, 'block size 513'],
    [{ blockSize: 8192 }, 'block size 8192'],
    [{ blockSize: 512.5 }, 'block size 512.5'],
    [{ id: 'a'.repeat(21) }, `id '${'a'.repeat(21)}' is not up to 20 printable ASCII characters`],
    [{ id: 'ü' }, "id 'ü'"],
  ])('refuses %j', (options, message) => {
    const error = errorOf(path, { readOnly: true, ...options });

    expect(error.code).toBe('BAD_OPTIONS');
    expect(error.message).toContain(message);
  });

  it('does not look at what is in it', () => {
    // CVE-2008-2004: a guest wrote the header of another format to its raw disk.
    const header = new Uint8Array(8192);
    header.set(Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'));
    writeFileSync(path, header);
    using disk = openDisk(path, READ_ONLY);

    expect(disk.config.sectors).toBe(16);
  });

  it('refuses to write what is being executed, or may not be written', () => {
    expect(errorOf(process.execPath, WRITABLE)).toMatchObject({
      code: 'UNWRITABLE',
      message: 'cannot be written',
    });
  });

  it('refuses what cannot be opened for other reasons, and says for which', () => {
    const loop = join(directory, 'loop');
    symlinkSync(loop, loop);

    expect(errorOf(loop)).toMatchObject({ code: 'UNREADABLE', cause: { code: 'ELOOP' } });
  });
});
