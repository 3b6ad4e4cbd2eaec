import { Worker } from 'node:worker_threads';

import fc from 'fast-check';
import { FdSocket, hangUp, PollLoop, socketPair } from '@crosvm/sys-util';

import { bundleScript } from '../../testing/bundle';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, RequestKind } from './messages';
import { SocketBackEndPort } from './port';
import { RequestServer } from './server';

const BACK_END = `
  import { workerData } from 'node:worker_threads';
  import { OwnedFd, PollLoop } from '@crosvm/sys-util';
  import { RequestServer } from './virtio/channel/server';

  const loop = new PollLoop();
  let open = true;
  const server = new RequestServer(OwnedFd.adopt(workerData.fd), {
    handle: (request, answer) => answer(request.queue !== 7),
    closed: () => { open = false; },
  });
  server.attach(loop);
  while (open) loop.runOnce(-1);
`;

describe('the messages', () => {
  it('survive the way', () => {
    const request = { kind: RequestKind.ConfigWrite, offset: 8, length: 4, value: 0xffff_ffff };
    expect(decodeRequest(encodeRequest(0xffff_fffe, request))).toEqual({
      sequence: 0xffff_fffe,
      request: { ...request, queue: 0 },
    });
    expect(decodeAnswer(encodeAnswer(5, false))).toEqual({ sequence: 5, done: false });
    expect(decodeAnswer(encodeAnswer(6, true))).toEqual({ sequence: 6, done: true });
  });

  it('are refused or understood, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decodeRequest(bytes)?.request.kind ?? 1).toBeGreaterThan(0);
        expect(decodeAnswer(bytes) === undefined).toBe(bytes.length !== 8);
      }),
    );
  });
});

describe('a back end that is asked', () => {
  it('answers a thread that waits without an event loop', async () => {
    using script = bundleScript(BACK_END);
    const [mine, theirs] = socketPair();
    const worker = new Worker(script.path, { workerData: { fd: theirs.release() } });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const port = new SocketBackEndPort(mine.raw);

    const answers = [1, 7, 2].map((queue) => port.ask({ kind: RequestKind.QueueReset, queue }));

    mine.close();
    expect(answers).toEqual([true, false, true]);
    expect(await ended).toBe(0);
  }, 20_000);

  it('may be gone', () => {
    const [mine, theirs] = socketPair();
    const port = new SocketBackEndPort(mine.raw);
    theirs.close();
    expect(port.ask({ kind: RequestKind.Reset })).toBe(false);
    expect(port.isGone).toBe(true);
  });

  it('is gone for whom hung up', () => {
    const [mine, theirs] = socketPair();
    using _peer = FdSocket.adopt(theirs);
    const port = new SocketBackEndPort(mine.raw);
    hangUp(mine.raw);
    expect(port.ask({ kind: RequestKind.Reset })).toBe(false);
    expect(port.isGone).toBe(true);
  });

  it('may never answer', () => {
    const [mine, theirs] = socketPair();
    using peer = FdSocket.adopt(theirs);
    const port = new SocketBackEndPort(mine.raw, 20);
    expect(port.ask({ kind: RequestKind.Reset })).toBe(false);
    expect(port.isGone).toBe(false);
    expect(peer.raw).toBe(theirs.raw);
  });

  it('may answer what was asked before, nonsense, and too much, but not for ever', () => {
    const [mine, theirs] = socketPair();
    using peer = FdSocket.adopt(theirs);
    const port = new SocketBackEndPort(mine.raw, 50);
    peer.send(encodeAnswer(1, true));
    peer.send(Uint8Array.of(1, 2, 3));
    expect(port.ask({ kind: RequestKind.Activate })).toBe(false);
    peer.send(new Uint8Array(1000));
    expect(port.ask({ kind: RequestKind.Activate })).toBe(false);
  });
});

describe('RequestServer', () => {
  it('stops when the other side is gone or talks nonsense', () => {
    using loop = new PollLoop();
    const handle = jest.fn();
    const closed = jest.fn();
    const [nonsense, first] = socketPair();
    const [gone, second] = socketPair();
    using one = new RequestServer(first, { handle, closed });
    using two = new RequestServer(second, { handle, closed });
    one.attach(loop);
    two.attach(loop);
    using peer = FdSocket.adopt(nonsense);
    peer.send(Uint8Array.of(9));
    gone.close();
    loop.runOnce(1000);
    loop.runOnce(0);
    expect(closed).toHaveBeenCalledTimes(2);
    expect(handle).not.toHaveBeenCalled();
  });

  it('lets an answer come later, or too late', () => {
    using loop = new PollLoop();
    const [mine, theirs] = socketPair();
    using peer = FdSocket.adopt(mine);
    const pending: ((done: boolean) => void)[] = [];
    const server = new RequestServer(theirs, {
      handle: (_, answer) => pending.push(answer),
      closed: () => undefined,
    });
    server.attach(loop);
    peer.send(encodeRequest(3, { kind: RequestKind.Reset }));
    loop.runOnce(1000);
    pending[0]!(true);
    const received = peer.receive();
    expect(received).toMatchObject({ bytes: encodeAnswer(3, true) });
    server[Symbol.dispose]();
    expect(() => pending[0]!(true)).not.toThrow();
  });
});
