import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Errno, SysError } from '@crosvm/sys-util';

import { VhostNet, VhostVsock } from './index';
import { openVhostError, VhostError } from './vhost-error';

describe('a vhost device that cannot be had', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vhost-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('names the module to load', () => {
    const path = join(directory, 'none');

    expect(() => VhostNet.open(path)).toThrow(VhostError);
    expect(() => VhostNet.open(path)).toThrow(
      expect.objectContaining({
        code: 'MISSING',
        message: `there is no ${path}`,
        hint: 'load the module: sudo modprobe vhost_net',
      }) as Error,
    );
    expect(() => VhostVsock.open(path)).toThrow(
      expect.objectContaining({ hint: 'load the module: sudo modprobe vhost_vsock' }) as Error,
    );
  });

  it('may be something else', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');

    expect(() => VhostNet.open(path)).toThrow(
      expect.objectContaining({
        code: 'NOT_VHOST',
        message: `${path} is no vhost device`,
      }) as Error,
    );
  });

  it.each([
    ['EACCES', 'NO_PERMISSION', 'no permission to use /dev/vhost-net'],
    ['ENODEV', 'MISSING', 'there is no /dev/vhost-net'],
    ['EMFILE', 'FAILED', 'cannot open /dev/vhost-net'],
  ] as const)('has an error for %s', (errno, code, message) => {
    const cause = new SysError('open', Errno[errno]);

    expect(openVhostError('/dev/vhost-net', 'vhost_net', cause)).toMatchObject({
      code,
      message,
      cause,
    });
  });

  (existsSync('/dev/vhost-net') ? it.skip : it)('is what this machine has', () => {
    expect(() => VhostNet.open()).toThrow('there is no /dev/vhost-net');
  });
});
