import { connect } from 'node:net';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isListening, MAX_SOCKET_PATH, peerCredentials, UnixListener } from './index';

describe('a unix socket with a path', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'listener-'));
    path = join(directory, 's');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('has its permissions from the beginning', () => {
    using _listener = UnixListener.bind(path, 0o600);

    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('accepts who connects, and knows who that is', async () => {
    using listener = UnixListener.bind(path, 0o600);
    const client = connect(path);
    await once(client, 'connect');

    using accepted = listener.accept();

    expect(peerCredentials(accepted?.raw ?? -1)).toMatchObject({ pid: process.pid });
    expect(listener.accept()).toBeUndefined();
    client.destroy();
  });

  it('is not made where there is a file', () => {
    writeFileSync(path, '');

    expect(() => UnixListener.bind(path, 0o600)).toThrow(/bind\(.*EADDRINUSE/);
  });

  it('is listened at as long as it is open', () => {
    const listener = UnixListener.bind(path, 0o600);
    const before = isListening(path);
    listener[Symbol.dispose]();

    expect([before, isListening(path)]).toEqual([true, false]);
  });

  it('is not what any file is', () => {
    writeFileSync(path, '');

    expect(isListening(path)).toBe(false);
    expect(() => isListening(`${path}2`)).toThrow(/ENOENT/);
  });

  it('has a path that is not too long', () => {
    const long = 'x'.repeat(MAX_SOCKET_PATH + 1);

    expect(() => UnixListener.bind(long, 0o600)).toThrow('1 to 107 bytes');
    expect(() => isListening('')).toThrow(RangeError);
  });
});
