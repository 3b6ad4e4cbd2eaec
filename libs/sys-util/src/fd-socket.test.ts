import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

import {
  EventFd,
  type FdMessage,
  FdSocket,
  type FdSocketOptions,
  hangUp,
  MessageTruncatedError,
  POLL_HANG_UP,
  POLL_READABLE,
  PollLoop,
  type Received,
} from './index';
import { bundleScript } from './testing/bundle';

const hello = Buffer.from('hello');

function pair(options: FdSocketOptions = {}): Disposable & { a: FdSocket; b: FdSocket } {
  const [a, b] = FdSocket.pair({ nonblock: true, ...options });
  return {
    a,
    b,
    [Symbol.dispose]: () => {
      a[Symbol.dispose]();
      b[Symbol.dispose]();
    },
  };
}

function message(received: Received): FdMessage {
  expect(received).toMatchObject({ bytes: expect.any(Uint8Array) as Uint8Array });
  return received as FdMessage;
}

const openFds = (): number => readdirSync('/proc/self/fd').length;

describe('FdSocket', () => {
  it('carries whole messages in order', () => {
    using ends = pair();
    ends.a.send(Buffer.from('one'));
    ends.a.send(Buffer.from('two'));
    expect(Buffer.from(message(ends.b.receive()).bytes).toString()).toBe('one');
    expect(Buffer.from(message(ends.b.receive()).bytes).toString()).toBe('two');
    expect(ends.b.receive()).toBe('would-block');
  });

  it.each([1, 2, 64, 253])('carries %p descriptors with a message', (count) => {
    using ends = pair({ maxFds: count });
    using event = EventFd.create({ semaphore: true });
    ends.a.send(hello, Array<number>(count).fill(event.raw));

    const { bytes, fds } = message(ends.b.receive());
    expect(Buffer.from(bytes)).toEqual(hello);
    expect(new Set(fds.map((fd) => fd.raw)).size).toBe(count);
    const received = fds.map((fd) => EventFd.adopt(fd.release()));
    received.forEach((copy) => copy.signal());
    expect(Array.from({ length: count + 1 }, () => event.read() ?? 0)).toEqual([
      ...Array<number>(count).fill(1),
      0,
    ]);
    received.forEach((copy) => copy[Symbol.dispose]());
  });

  it('hands over descriptors that do not leak into programs', () => {
    using ends = pair();
    using event = EventFd.create();
    ends.a.send(hello, [event.raw]);
    using fd = message(ends.b.receive()).fds[0]!;
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd.raw}`, 'utf8'))?.[1];
    // FD_CLOEXEC is shown as O_CLOEXEC.
    expect(parseInt(flags!, 8) & 0o2000000).not.toBe(0);
  });

  it.each([
    ['none are expected', 0, 1],
    ['one more comes than expected', 1, 2],
    ['many more come than expected', 2, 253],
  ])('refuses a message, and keeps none of its descriptors, if %s', (_name, maxFds, count) => {
    using ends = pair({ maxFds });
    using event = EventFd.create();
    ends.a.send(hello, Array<number>(count).fill(event.raw));
    ends.a.send(hello);
    const before = openFds();
    expect(() => ends.b.receive()).toThrow(new MessageTruncatedError('descriptors'));
    expect(openFds()).toBe(before);
    expect(message(ends.b.receive()).fds).toEqual([]);
  });

  it('refuses a message that is too long, and keeps none of its descriptors', () => {
    const [a, far] = FdSocket.pair({ nonblock: true });
    using b = FdSocket.adopt(far.fd.dup(), { nonblock: true, maxBytes: 4 });
    using event = EventFd.create();
    a.send(hello, [event.raw]);
    const before = openFds();
    expect(() => b.receive()).toThrow(new MessageTruncatedError('bytes'));
    expect(openFds()).toBe(before);
    a[Symbol.dispose]();
    far[Symbol.dispose]();
  });

  it('takes a message of exactly the size it may have', () => {
    using ends = pair({ maxBytes: 70_000 });
    const bytes = new Uint8Array(70_000).fill(7);
    ends.a.send(bytes);
    expect(Buffer.compare(message(ends.b.receive()).bytes, bytes)).toBe(0);
  });

  it('refuses to send what cannot be received', () => {
    using ends = pair({ maxBytes: 4 });
    expect(() => ends.a.send(new Uint8Array(0))).toThrow(RangeError);
    expect(() => ends.a.send(hello)).toThrow(RangeError);
    expect(() => ends.a.send(new Uint8Array(1), Array<number>(254).fill(0))).toThrow(RangeError);
    expect(() => ends.a.send(new Uint8Array(1), [2 ** 20])).toThrow('EBADF');
  });

  it('says that it would wait when the other end does not read', () => {
    using ends = pair();
    const kilobyte = new Uint8Array(1024);
    let sent = 0;
    while (ends.a.send(kilobyte)) {
      sent += 1;
    }
    expect(sent).toBeGreaterThan(10);
    message(ends.b.receive());
    expect(ends.a.send(kilobyte)).toBe(true);
  });

  it('gives everything that was sent, and then says that the other end is gone', () => {
    using ends = pair();
    ends.a.send(hello);
    ends.a[Symbol.dispose]();
    message(ends.b.receive());
    expect(ends.b.receive()).toBe('closed');
    expect(() => ends.b.send(hello)).toThrow('EPIPE');
  });

  it('takes an end that left messages unread for closed', () => {
    using ends = pair();
    ends.b.send(hello);
    ends.a[Symbol.dispose]();
    expect(ends.b.receive()).toBe('closed');
  });

  it('wakes a poller, also by its end', () => {
    using ends = pair();
    using loop = new PollLoop();
    const ready: number[] = [];
    loop.add(ends.b.raw, POLL_READABLE, (bits) => ready.push(bits));
    ends.a.send(hello);
    loop.runOnce(1000);
    message(ends.b.receive());
    ends.a[Symbol.dispose]();
    loop.runOnce(1000);
    expect(ready).toEqual([POLL_READABLE, POLL_READABLE | POLL_HANG_UP]);
  });

  it('is closed at both ends by who hangs up, also with another descriptor of it', () => {
    using ends = pair();
    using copy = ends.a.fd.dup();
    ends.a.send(hello);
    hangUp(copy.raw);
    hangUp(copy.raw);
    expect(ends.a.receive()).toBe('closed');
    expect(Buffer.from(message(ends.b.receive()).bytes)).toEqual(hello);
    expect(ends.b.receive()).toBe('closed');
    expect(() => ends.b.send(hello)).toThrow('EPIPE');
  });

  it('knows who made it', () => {
    using ends = pair();
    expect(ends.a.peerCredentials()).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
  });

  it('talks to another process that inherited its end', async () => {
    using script = bundleScript(`
      import { EventFd, FdSocket, OwnedFd } from './index';
      const socket = FdSocket.adopt(OwnedFd.adopt(3));
      const { bytes, fds } = socket.receive();
      EventFd.adopt(fds[0].release()).signal();
      socket.send(Buffer.concat([Buffer.from('got '), bytes]));
    `);
    const [near, far] = FdSocket.pair();
    const stdio = ['ignore', 'inherit', 'inherit', far.raw] as const;
    const child = spawn(process.execPath, [script.path], { stdio: [...stdio] });
    far[Symbol.dispose]();
    using event = EventFd.create();
    near.send(hello, [event.raw]);
    await once(child, 'exit');
    expect(Buffer.from(message(near.receive()).bytes).toString()).toBe('got hello');
    expect(event.read()).toBe(1);
    expect(near.receive()).toBe('closed');
    near[Symbol.dispose]();
  });
});
