import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RunConfig, SerialConfig } from '../config';
import { openDisks } from '../host/open-disks';
import { UserError } from '../user-error';
import { openSerialFiles } from './serial-files';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('openSerialFiles', () => {
  let directory = '';
  const at = (name: string): string => join(directory, name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'serial-files-test-'));
    writeFileSync(at('kernel'), 'kernel');
    writeFileSync(at('initrd'), 'initrd');
    writeFileSync(at('log'), 'of yesterday');
    writeFileSync(at('disk'), '');
    truncateSync(at('disk'), 4096);
    symlinkSync(at('kernel'), at('soft'));
    linkSync(at('initrd'), at('hard'));
    execFileSync('mkfifo', [at('pipe')]);
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const port = (num: number, path: string): SerialConfig => ({
    type: 'file',
    num,
    path: path.startsWith('/') ? path : at(path),
    console: false,
    stdin: false,
  });

  const config = (...serial: SerialConfig[]): RunConfig => ({
    kernel: at('kernel'),
    initrd: at('initrd'),
    params: [],
    memory: 256,
    cpus: 1,
    serial,
    disks: [{ path: at('disk'), readOnly: false }],
    sandbox: true,
  });

  function errorOf(...serial: SerialConfig[]): UserError {
    const settings = config(...serial);
    const disks = openDisks(settings.disks, 1);
    try {
      openSerialFiles(settings, disks)[Symbol.dispose]();
    } catch (error) {
      return error as UserError;
    } finally {
      disks.forEach((disk) => disk[Symbol.dispose]());
    }
    throw new Error('they were opened');
  }

  test('empties files only when it is told to', () => {
    using files = openSerialFiles(config(port(2, 'log')), []);

    const before = readFileSync(at('log'), 'utf8');
    files.truncate();

    expect([before, readFileSync(at('log'), 'utf8')]).toEqual(['of yesterday', '']);
  });

  test('has descriptors of the ports that have files, and makes these', () => {
    using files = openSerialFiles(
      config({ ...port(1, 'log'), type: 'stdout' }, port(3, 'new')),
      [],
    );

    expect([files.fdOf(1), files.fdOf(2)]).toEqual([undefined, undefined]);
    writeFileSync(files.fdOf(3) ?? -1, 'text');
    expect(readFileSync(at('new'), 'utf8')).toBe('text');
  });

  test.each([
    ['the kernel', 'kernel', 'the kernel'],
    ['a link to the kernel', 'soft', 'the kernel'],
    ['another name of the initrd', 'hard', 'the initrd'],
    ['the image of a disk', 'disk', 'disk vda'],
  ])('refuses %s, and leaves it as it is', (_, name, what) => {
    const before = readFileSync(at(name));
    const fds = openFiles();

    const error = errorOf(port(2, name));

    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe(`the file of serial port 2, '${at(name)}', is ${what}, too`);
    expect(error.hint).toBe('give each serial port a file of its own');
    expect(readFileSync(at(name)).equals(before)).toBe(true);
    expect(openFiles()).toBe(fds);
  });

  test('refuses one file for two ports', () => {
    const { message } = errorOf(port(1, 'log'), port(2, 'log'));

    expect(message).toBe(
      `the file of serial port 2, '${at('log')}', is that of serial port 1, too`,
    );
    expect(readFileSync(at('log'), 'utf8')).toBe('of yesterday');
  });

  test('lets ports share a device', () => {
    using files = openSerialFiles(config(port(1, '/dev/null'), port(2, '/dev/null')), []);

    files.truncate();

    expect([files.fdOf(1), files.fdOf(2)]).not.toContain(undefined);
  });

  test('refuses a pipe that nobody reads, at once', () => {
    const { message, hint } = errorOf(port(2, 'pipe'));

    expect(message).toBe(`the file of serial port 2, '${at('pipe')}', is a pipe that nobody reads`);
    expect(hint).toBe(`start its reader first, such as: cat '${at('pipe')}'`);
  });

  test('takes a pipe that somebody reads', () => {
    const reader = openSync(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    using files = openSerialFiles(config(port(2, 'pipe')), []);

    files.truncate();
    writeFileSync(files.fdOf(2) ?? -1, 'text');

    const text = Buffer.alloc(16);
    expect(text.toString('utf8', 0, readSync(reader, text))).toBe('text');
    closeSync(reader);
  });

  test('says why a file cannot be opened', () => {
    const { message, cause } = errorOf(port(2, 'none/log'));

    expect(message).toBe(`the file of serial port 2, '${at('none/log')}', cannot be opened`);
    expect(cause).toMatchObject({ code: 'ENOENT' });
  });
});
