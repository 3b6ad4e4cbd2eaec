import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';

import { RefusedError } from '../server/refused-error';
import { STATUS, TestServer } from '../testing/test-server';
import { ControlClient } from './control-client';

const version = { protocol: { major: 1, minor: 9 }, program: 'x', version: '1', methods: [] };

/** A server that answers `version` with that, and everything else as `answer` says. */
async function strange(
  { directory }: TestServer,
  {
    greeting = version,
    answer = () => undefined,
  }: {
    readonly greeting?: object;
    readonly answer?: (socket: Socket, id: number) => void;
  } = {},
): Promise<{ readonly path: string } & Disposable> {
  const path = join(directory, 'strange');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (bytes) => {
      const { id, method } = JSON.parse(bytes.toString()) as { id: number; method: string };
      const greet = (): unknown =>
        socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: greeting })}\n`);
      (method === 'version' ? greet : answer)(socket, id);
    });
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    [Symbol.dispose]: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

describe('ControlClient', () => {
  it('calls methods, several at a time', async () => {
    using server = new TestServer();
    using client = await ControlClient.connect(server.path);

    const both = await Promise.all([client.status(), client.call('version', {})]);

    expect(both).toMatchObject([STATUS, { program: 'test' }]);
  });

  it('is told what is refused, and what helps', async () => {
    const status = (): never => {
      throw new RefusedError('not now', { hint: 'later' });
    };
    using server = new TestServer({ handlers: { status } });
    using client = await ControlClient.connect(server.path);

    await expect(client.status()).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'not now',
      hint: 'later',
    });
  });

  it('gives a call up in time, and goes on', async () => {
    const status = (): Promise<never> => new Promise(() => undefined);
    using server = new TestServer({ handlers: { status } });
    using client = await ControlClient.connect(server.path);

    await expect(client.status({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(client.call('version', {})).resolves.toMatchObject({ program: 'test' });
  });

  it('waits at stop until the VMM is gone, but not for ever', async () => {
    using server = new TestServer();
    using client = await ControlClient.connect(server.path);

    await expect(client.stop({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(server.stops).toBe(1);
  });

  it('knows the end of the connection for the end of the VMM', async () => {
    using server = new TestServer();
    using vm = await strange(server, {
      answer: (socket, id) => {
        socket.end(`${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n`);
      },
    });
    using client = await ControlClient.connect(vm.path);

    await expect(client.stop()).resolves.toBeUndefined();
    await expect(client.status()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says when there is no VM', async () => {
    using server = new TestServer();
    const file = join(server.directory, 'file');
    writeFileSync(file, '');

    await expect(ControlClient.connect(`${file}2`)).rejects.toMatchObject({ code: 'NO_SOCKET' });
    await expect(ControlClient.connect(file)).rejects.toMatchObject({ code: 'NOT_LISTENING' });
  });

  it('does not talk to a VM that speaks another version', async () => {
    using server = new TestServer();
    const greeting = { ...version, protocol: { major: 2, minor: 0 } };
    using vm = await strange(server, { greeting });

    await expect(ControlClient.connect(vm.path)).rejects.toMatchObject({ code: 'INCOMPATIBLE' });
  });

  it.each([
    ['no JSON', 'x\n'],
    ['no answer', '{}\n'],
    [
      'an error without a request',
      '{"jsonrpc":"2.0","id":null,"error":{"code":2,"message":"no"}}\n',
    ],
    ['a line that never ends', 'x'.repeat(1024 * 1024 + 1)],
  ])('does not wait when it hears %s', async (_what, text) => {
    using server = new TestServer();
    using vm = await strange(server, { answer: (socket) => void socket.write(text) });
    using client = await ControlClient.connect(vm.path);

    await expect(client.status()).rejects.toMatchObject({
      code: expect.stringMatching(/INTERNAL|NOT_PERMITTED/) as unknown,
    });
  });

  it('takes no result that is not the method’s, and ignores what it does not know', async () => {
    using server = new TestServer();
    const results: unknown[] = [
      { ...STATUS, cpus: -1 },
      { ...STATUS, more: 1 },
    ];
    using vm = await strange(server, {
      answer: (socket, id) =>
        void socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: results.shift() })}\n`),
    });
    using client = await ControlClient.connect(vm.path);

    await expect(client.status()).rejects.toThrow('the answer to status makes no sense: cpus:');
    await expect(client.status()).resolves.toEqual(STATUS);
  });

  it('rejects what is under way when it is closed', async () => {
    const status = (): Promise<never> => new Promise(() => undefined);
    using server = new TestServer({ handlers: { status } });
    using client = await ControlClient.connect(server.path);
    const call = client.status();

    client.close();

    await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    await client.closed;
  });
});
