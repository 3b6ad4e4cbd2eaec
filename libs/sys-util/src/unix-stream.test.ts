import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AF_UNIX, SOCK_STREAM } from './abi/socket';
import { libc } from './ffi/libc';
import { createPipe } from './files';
import { OwnedFd } from './owned-fd';
import { Errno } from './sys-error';
import { connectUnix, StreamBuffer } from './unix-stream';

/** Two ends of a stream. */
function streamPair(): [OwnedFd, OwnedFd] {
  const fds = new Int32Array(2);
  libc.socketpair(AF_UNIX, SOCK_STREAM, 0, new Uint8Array(fds.buffer));
  return [OwnedFd.adopt(fds[0] ?? -1), OwnedFd.adopt(fds[1] ?? -1)];
}

/** Sends text with descriptors. */
function say(buffer: StreamBuffer, socket: OwnedFd, text: string, fds: readonly number[]): number {
  buffer.bytes.set(Buffer.from(text));
  return buffer.send(socket.raw, text.length, fds);
}

describe('a connection to a unix socket', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'unix-stream-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('is made by the path of the socket', async () => {
    const path = join(directory, 'socket');
    let server: Server | undefined;
    const accepted = new Promise<Socket>((resolve) => {
      server = createServer(resolve).listen(path);
    });
    await new Promise((resolve) => server?.once('listening', resolve));

    using connection = connectUnix(path);
    const peer = await accepted;
    peer.destroy();
    server?.close();

    expect(connection.closed).toBe(false);
  });

  it.each([
    ['nobody is there', 'none', 'ENOENT'],
    ['it is no socket', 'file', 'ECONNREFUSED'],
  ])('is refused if %s', (_, name, code) => {
    writeFileSync(join(directory, 'file'), '');

    expect(() => connectUnix(join(directory, name))).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  it('has a path that fits', () => {
    expect(() => connectUnix('')).toThrow('1 to 107 bytes');
    expect(() => connectUnix(`/${'x'.repeat(107)}`)).toThrow('1 to 107 bytes');
  });
});

describe('a stream that carries descriptors', () => {
  it('brings bytes and descriptors in order', () => {
    const [near, far] = streamPair();
    using buffer = new StreamBuffer(64, 4);
    using pipe = createPipe().reader;
    say(buffer, near, 'one', [pipe.raw, pipe.raw]);
    say(buffer, near, 'two', []);

    const seen = [1, 2].map(() => {
      const { length, fds } = buffer.receive(far.raw);
      const text = Buffer.from(buffer.bytes.subarray(0, length)).toString();
      fds.forEach((fd) => fd.close());
      return [text, fds.length];
    });
    [near, far].forEach((fd) => fd.close());

    expect(seen).toEqual([
      ['one', 2],
      ['two', 0],
    ]);
  });

  it('never waits', () => {
    const [near, far] = streamPair();
    using buffer = new StreamBuffer(65_536, 1);

    const empty = buffer.receive(near.raw);
    let sent = 1;
    while (sent > 0) {
      sent = buffer.send(near.raw, 65_536, []);
    }
    far.close();
    const gone = buffer.send(near.raw, 1, []);
    near.close();

    expect(empty).toEqual({ length: -Errno.EAGAIN, fds: [] });
    expect([sent, gone]).toEqual([-Errno.EAGAIN, -Errno.EPIPE]);
  });

  it('says when there were more descriptors than are taken, and keeps none', () => {
    const [near, far] = streamPair();
    using buffer = new StreamBuffer(64, 1);
    using pipe = createPipe().reader;
    say(buffer, near, 'x', [pipe.raw, pipe.raw]);

    expect(buffer.receive(far.raw)).toEqual({ length: -Errno.EMSGSIZE, fds: [] });
    [near, far].forEach((fd) => fd.close());
  });

  it('ends with nothing', () => {
    const [near, far] = streamPair();
    using buffer = new StreamBuffer(64, 1);
    near.close();

    expect(buffer.receive(far.raw)).toEqual({ length: 0, fds: [] });
    far.close();
  });
});
