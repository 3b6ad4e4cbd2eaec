import { spawnSync } from 'node:child_process';
import { constants, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createPipe,
  fileKind,
  fileSize,
  openFile,
  resizeFile,
  setNonblocking,
  socketPair,
  SysError,
} from './index';
import { bundleScript } from './testing/bundle';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;

describe('openFile', () => {
  it('opens, and creates with a mode', () => {
    const directory = mkdtempSync(join(tmpdir(), 'files-test-'));
    const path = join(directory, 'new');
    using created = openFile(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    expect(fileKind(created.raw)).toBe('file');
    using again = openFile(path, O_RDONLY);
    expect(again.raw).not.toBe(created.raw);
    rmSync(directory, { recursive: true });
  });

  it('names the path in the error', () => {
    const open = () => openFile('/nowhere/at all', O_RDONLY);
    expect(open).toThrow(SysError);
    expect(open).toThrow('open(/nowhere/at all): no such file or directory (ENOENT)');
  });
});

describe('fileKind', () => {
  it('tells what a descriptor is open on', () => {
    using directory = openFile('/', O_RDONLY);
    using device = openFile('/dev/null', O_RDONLY);
    const { reader, writer } = createPipe();
    const [near, far] = socketPair();
    const fds = [directory, device, reader, near];
    expect(fds.map((fd) => fileKind(fd.raw))).toEqual([
      'directory',
      'character device',
      'pipe',
      'socket',
    ]);
    [reader, writer, near, far].forEach((fd) => fd.close());
  });
});

describe('resizeFile', () => {
  it('makes a file longer and shorter', () => {
    const directory = mkdtempSync(join(tmpdir(), 'files-test-'));
    using file = openFile(join(directory, 'file'), O_RDWR | O_CREAT);
    writeSync(file.raw, 'content');
    const sizes = [4096, 3].map((bytes) => {
      resizeFile(file.raw, bytes);
      return fileSize(file.raw);
    });
    expect(sizes).toEqual([4096, 3]);
    expect(() => resizeFile(file.raw, -1)).toThrow('EINVAL');
    rmSync(directory, { recursive: true });
  });
});

describe('setNonblocking', () => {
  it('changes whether a read waits', () => {
    const { reader, writer } = createPipe({ nonblock: true });
    const flags = () =>
      spawnSync('cat', ['/proc/self/fdinfo/3'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit', reader.raw],
      }).stdout;
    expect(flags()).toMatch(/flags:\s+04000/);
    setNonblocking(reader.raw, false);
    expect(flags()).toMatch(/flags:\s+00\n/);
    setNonblocking(reader.raw, true);
    expect(flags()).toMatch(/flags:\s+04000/);
    [reader, writer].forEach((fd) => fd.close());
  });
});

describe('closeInheritedOnExec', () => {
  it('keeps what was inherited from being inherited further', () => {
    using script = bundleScript(`
      import { spawnSync } from 'node:child_process';
      import { closeInheritedOnExec } from './index';
      const show = () => spawnSync('ls', ['-l', '/proc/self/fd'], { stdio: [0, 1, 2] });
      show();
      console.log('====');
      closeInheritedOnExec();
      show();
    `);
    // Node itself looks at the first descriptors only.
    const command = `exec 42</etc/passwd; exec ${process.execPath} ${script.path}`;
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    const [before, after] = stdout.split('====');
    expect(before).toContain('/etc/passwd');
    expect(after).toContain('/proc/');
    expect(after).not.toContain('/etc/passwd');
  });
});
