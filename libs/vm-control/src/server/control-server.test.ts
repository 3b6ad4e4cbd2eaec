import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import fc from 'fast-check';

import { ControlClient } from '../client/control-client';
import { MAX_REQUEST } from '../protocol/messages';
import { linesOf, STATUS, TestServer } from '../testing/test-server';
import { SocketFile } from './socket-file';

const request = (id: number, method = 'status'): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method })}\n`;

/** Whether the server answers somebody else. */
async function isWell({ path }: TestServer): Promise<boolean> {
  using client = await ControlClient.connect(path, { timeoutMs: 10_000 });
  return (await client.status()).pid === STATUS.pid;
}

describe('the socket', () => {
  it('is for its user alone, and gone at the end', () => {
    using server = new TestServer();
    const mode = statSync(server.path).mode & 0o777;
    server.close();

    expect([mode, existsSync(server.path)]).toEqual([0o600, false]);
  });

  it('has the number of the process in its name, in a directory', () => {
    using server = new TestServer();

    using file = SocketFile.create(server.directory);

    expect(file.path).toBe(join(server.directory, `crosvm-${process.pid}.sock`));
  });

  it('is not made where somebody listens', () => {
    using server = new TestServer();

    expect(() => SocketFile.create(server.path)).toThrow('is the socket of a process that runs');
  });

  it('is made in place of one whose process has gone', () => {
    using server = new TestServer();
    const path = join(server.directory, 'stale');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    const wasThere = existsSync(path);

    using file = SocketFile.create(path);

    expect([wasThere, file.path]).toEqual([true, path]);
  });

  it('is not made in place of what is no socket', () => {
    using server = new TestServer();
    const file = join(server.directory, 'file');
    const link = join(server.directory, 'link');
    writeFileSync(file, '');
    symlinkSync(server.path, link);

    expect(() => SocketFile.create(file)).toThrow('exists and is not a socket');
    expect(() => SocketFile.create(link)).toThrow('exists and is not a socket');
  });

  it('is made in a directory that is there', () => {
    expect(() => SocketFile.create('/nonexistent/vm.sock')).toThrow(
      expect.objectContaining({
        name: 'SocketPathError',
        message: 'no socket can be made in /nonexistent',
        hint: expect.stringContaining('name a directory') as string,
        cause: expect.objectContaining({ code: 'ENOENT' }) as object,
      }) as Error,
    );
  });

  it('has a path that Linux takes', () => {
    using server = new TestServer();
    const path = join(server.directory, 'x'.repeat(100));

    expect(() => SocketFile.create(path)).toThrow('is too long for a socket');
    expect(() => SocketFile.create(join(server.directory, 'no', 'dir'))).toThrow(
      'no socket can be made',
    );
  });

  it('is left alone in the end if it is not ours any more', async () => {
    using server = new TestServer();
    const path = join(server.directory, 'other');
    const file = SocketFile.create(path);
    renameSync(path, `${path}2`);
    const other = createServer().listen(path);
    await once(other, 'listening');

    file[Symbol.dispose]();

    expect(existsSync(path)).toBe(true);
    other.close();
  });
});

describe('a client', () => {
  it('of another user is turned away', async () => {
    // Root may always: then only the answer to it can be seen.
    using server = new TestServer({ user: 12_345 });
    const client = server.connect();
    client.write(request(1));

    const [answer = ''] = await linesOf(client, 1);

    expect(answer).toContain(process.geteuid?.() === 0 ? '"result"' : 'may control this VM');
  });

  it('may ask much before it reads anything', async () => {
    using server = new TestServer();
    const client = server.connect();
    const count = 2000;
    client.write(Array.from({ length: count }, (_, id) => request(id)).join(''));

    const answers = await linesOf(client, count);

    const ids = answers.map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, id) => id));
  });

  it('may close its sending side and still be answered', async () => {
    using server = new TestServer();
    const client = server.connect();
    client.end(request(1) + request(2));

    await expect(linesOf(client, 3)).resolves.toHaveLength(2);
  });

  it('that ends amid a line has asked nothing by it', async () => {
    using server = new TestServer();
    const client = server.connect();
    client.end(request(1) + request(2, 'stop').trimEnd());

    const answers = await linesOf(client, 3);

    expect([answers.length, server.stops]).toEqual([1, 0]);
  });

  it('that asks and goes away has asked all the same', async () => {
    using server = new TestServer();
    const client = server.connect();
    await once(client, 'connect');
    client.write(request(1, 'stop'), () => client.destroy());
    await once(client, 'close');

    expect([await isWell(server), server.stops]).toEqual([true, 1]);
  });

  it('that says too much in a line is told, and may go on', async () => {
    using server = new TestServer();
    const client = server.connect();
    client.write(`${'x'.repeat(4 * MAX_REQUEST)}\n${request(1)}`);

    const [refused = '', answer = ''] = await linesOf(client, 2);

    expect(refused).toContain(`at most ${MAX_REQUEST} bytes`);
    expect(answer).toContain('"id":1');
  });

  it('that never reads disturbs nobody', async () => {
    using server = new TestServer();
    const client = server.connect();
    client.pause();
    const flood = Array.from({ length: 20_000 }, (_, id) => request(id)).join('');
    client.write(flood);

    expect(await isWell(server)).toBe(true);
    // It has not all been taken: the rest waits on the client's side.
    expect(client.writableLength).toBeGreaterThan(0);
  });

  it('that never speaks disturbs nobody, nor do many of them', async () => {
    using server = new TestServer();
    const silent = Array.from({ length: 200 }, () => server.connect());
    await Promise.all(silent.map((each) => once(each, 'connect')));

    expect(await isWell(server)).toBe(true);
  });

  it('is kept when others connect, as long as something of it is under way', async () => {
    let finish: (status: typeof STATUS) => void = () => undefined;
    const slow = new Promise<typeof STATUS>((resolve) => (finish = resolve));
    using server = new TestServer({ handlers: { status: () => slow } });
    const busy = server.connect();
    busy.write(request(0, 'version') + request(1));
    await linesOf(busy, 1);
    const others = Array.from({ length: 100 }, () => server.connect());
    await Promise.all(others.map((each) => once(each, 'connect')));
    others.at(-1)?.write(request(2, 'version'));
    await linesOf(others.at(-1)!, 1);

    finish(STATUS);

    await expect(linesOf(busy, 1)).resolves.toHaveLength(1);
  });

  it('may send anything', async () => {
    using server = new TestServer();
    const bytes = fc.uint8Array({ maxLength: 300 });
    const text = fc.constantFrom('\n', '{', '[', '"', 'null\n', request(1), '\u0000', '\xff');
    const junk = fc.oneof(
      bytes,
      text.map((each) => Buffer.from(each, 'latin1')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { maxLength: 20 }), async (pieces) => {
        const client = server.connect();
        pieces.forEach((piece) => client.write(piece));
        client.end(`\n${request(7)}`);
        const answers = await linesOf(client, Infinity);
        expect(answers.every((line) => JSON.parse(line) !== undefined)).toBe(true);
        expect(answers.join('\n')).toContain('"id":7');
      }),
      { numRuns: 50 },
    );
    expect(server.bugs).toEqual([]);
  });
});
