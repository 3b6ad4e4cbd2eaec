import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { WaylandConfig } from '../config';
import { openWayland } from './open-wayland';

let directory: string;
const servers: Server[] = [];

/** Listens at a path in the directory. */
async function listenAt(name: string): Promise<string> {
  const path = join(directory, name);
  const server = createServer().listen(path);
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return path;
}

function asked(path: string, name = ''): WaylandConfig {
  return { kind: 'sockets', sockets: [{ path, name }] };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'open-wayland-'));
});
afterEach(() => {
  servers.splice(0).forEach((server) => server.close());
  rmSync(directory, { recursive: true, force: true });
});

describe('the compositor of the environment', () => {
  it.each([
    ['wayland-0 by default', 'wayland-0', ''],
    ['that which is named', 'wayland-7', 'wayland-7'],
  ])('is %s', async (_, socket, display) => {
    const source = await listenAt(socket);
    const environment = { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: display };

    expect(openWayland(undefined, { jailed: true, environment })).toEqual([
      { name: '', source, path: '/wayland-0' },
    ]);
    expect(openWayland(undefined, { jailed: false, environment })).toEqual([
      { name: '', source, path: source },
    ]);
  });

  it('may have a path of its own', async () => {
    const source = await listenAt('elsewhere');
    const environment = { XDG_RUNTIME_DIR: '/nowhere', WAYLAND_DISPLAY: source };

    expect(openWayland(undefined, { jailed: true, environment })).toHaveLength(1);
  });

  it('is left out silently where it is not there, or no socket', () => {
    writeFileSync(join(directory, 'file'), '');
    const environments = [
      {},
      { WAYLAND_DISPLAY: 'wayland-0' },
      { XDG_RUNTIME_DIR: directory },
      { XDG_RUNTIME_DIR: directory, WAYLAND_DISPLAY: 'file' },
    ];

    const found = environments.map((environment) =>
      openWayland(undefined, { jailed: true, environment }),
    );

    expect(found).toEqual([[], [], [], []]);
  });

  it('is left out if there is to be no Wayland', async () => {
    await listenAt('wayland-0');
    const environment = { XDG_RUNTIME_DIR: directory };

    expect(openWayland({ kind: 'off' }, { jailed: true, environment })).toEqual([]);
  });

  it('stands beside sockets with names, and behind another one for display', async () => {
    const own = await listenAt('wayland-0');
    const other = await listenAt('other');
    const options = { jailed: true, environment: { XDG_RUNTIME_DIR: directory } };

    expect(openWayland(asked(other, 'other'), options)).toEqual([
      { name: '', source: own, path: '/wayland-0' },
      { name: 'other', source: other, path: '/wayland-1' },
    ]);
    expect(openWayland(asked(other), options)).toEqual([
      { name: '', source: other, path: '/wayland-0' },
    ]);
  });
});

describe('a compositor that was asked for', () => {
  const options = { jailed: true, environment: {} };

  it('is found behind links', async () => {
    const source = await listenAt('socket');
    symlinkSync(source, join(directory, 'link'));

    expect(openWayland(asked(join(directory, 'link')), options)[0]?.source).toBe(source);
  });

  it.each([
    ['is not there', 'none', 'there is no such socket'],
    ['is a file', 'file', 'this is no socket'],
    ['is a directory', '.', 'this is no socket'],
  ])('is refused if it %s', (_, name, message) => {
    writeFileSync(join(directory, 'file'), '');
    const path = join(directory, name);

    expect(() => openWayland(asked(path), options)).toThrow(`--wayland-sock ${path}: ${message}`);
  });
});
