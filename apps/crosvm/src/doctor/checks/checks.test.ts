import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openTun } from '@crosvm/net-util';
import { VhostVsock } from '@crosvm/vhost';

import { checkPasst, checkTun, checkVhostNet, checkVsock, checkWayland } from './devices';
import { checkFreeMemory, checkHugePages, checkLimits } from './memory';
import { checkKernel, checkNode } from './system';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-doctor-'));
const missing = join(directory, 'missing');

afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

describe('Node.js and Linux', () => {
  it('is refused where `run` refuses it, with the same remedy', () => {
    const old = { platform: 'linux', arch: 'x64', versions: { node: '18.0.0' } };
    expect(checkNode(old)).toMatchObject({
      verdict: 'failed',
      detail: 'crosvm needs Node.js 20.20 or later, this is 18.0.0',
      remedy: 'install a newer one, see https://nodejs.org/',
    });
  });

  it('is well here', () => {
    expect(checkNode().verdict).toBe('ok');
  });

  it.each([
    ['4.19.0', 'failed'],
    ['5.9.16', 'failed'],
    ['5.10.0-9-amd64', 'ok'],
    ['6.1.0', 'ok'],
  ])('Linux %s: %s', (version, verdict) => {
    expect(checkKernel(version).verdict).toBe(verdict);
  });
});

describe('devices', () => {
  it('tells of a missing driver, and of its module', () => {
    expect(checkTun(() => openTun(missing))).toEqual({
      name: 'tun',
      verdict: 'limited',
      detail: expect.stringContaining(`there is no ${missing}`) as string,
      without: 'no network over TAP interfaces (--host_ip, --tap-name)',
      remedy: 'load the module: sudo modprobe tun',
    });
    expect(checkVsock(() => VhostVsock.open(missing)).remedy).toBe(
      'load the module: sudo modprobe vhost_vsock',
    );
  });

  it('is content with what opens', () => {
    const opened = { [Symbol.dispose]: () => undefined };
    expect(checkVhostNet(() => opened).verdict).toBe('ok');
  });

  it('finds passt', () => {
    file('passt', '#!/bin/sh\n');
    expect(checkPasst(`/nowhere:${directory}`)).toMatchObject({ verdict: 'ok' });
    expect(checkPasst('/nowhere').remedy).toBe('sudo apt install passt');
  });

  it('finds a compositor', () => {
    mkdirSync(join(directory, 'run'));
    file('run/wayland-1', '');
    const session = { XDG_RUNTIME_DIR: join(directory, 'run'), WAYLAND_DISPLAY: 'wayland-1' };
    expect(checkWayland(session).verdict).toBe('ok');
    expect(checkWayland({}).verdict).toBe('limited');
  });
});

describe('memory', () => {
  it.each([
    [8000, 'ok'],
    [100, 'limited'],
  ])('%d MiB free: %s', (mebibytes, verdict) => {
    const text = `MemTotal: 16384000 kB\nMemAvailable: ${mebibytes * 1024} kB\n`;
    expect(checkFreeMemory(file('meminfo', text)).verdict).toBe(verdict);
  });

  it.each([
    ['Max open files            1024                 4096                 files', 'ok'],
    ['Max open files            64                   4096                 files', 'limited'],
    ['Max address space         1073741824           unlimited            bytes', 'failed'],
    ['Max address space         unlimited            unlimited            bytes', 'ok'],
  ])('%s: %s', (text, verdict) => {
    expect(checkLimits(file('limits', `Limit Soft Hard Units\n${text}\n`)).verdict).toBe(verdict);
  });

  it.each([
    ['always within_size [advise] never deny force\n', 'ok'],
    ['always within_size advise [never] deny force\n', 'limited'],
  ])('huge pages %j: %s', (text, verdict) => {
    expect(checkHugePages(file('huge', text)).verdict).toBe(verdict);
  });
});
