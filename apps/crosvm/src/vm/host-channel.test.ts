import { setTimeout as delay } from 'node:timers/promises';

import { FdSocket, PollLoop, socketPair } from '@crosvm/sys-util';

import { HostChannel } from './host-channel';

const OPTIONS = { nonblock: true, maxBytes: 1024, maxFds: 1 };

/** An end, and what is at the other one. */
function pair(isLimited = false) {
  const loop = new PollLoop();
  const [near, far] = socketPair();
  const channel = new HostChannel(FdSocket.adopt(near, OPTIONS), { isLimited });
  const other = FdSocket.adopt(far, OPTIONS);
  const heard: number[] = [];
  channel.attach(loop, () => {
    const message = channel.receive();
    if (typeof message !== 'string') {
      heard.push(message.bytes.length);
    }
  });
  return {
    channel,
    other,
    heard,
    turn: () => loop.runOnce(0),
    [Symbol.dispose]: () => {
      channel[Symbol.dispose]();
      other[Symbol.dispose]();
      loop[Symbol.dispose]();
    },
  };
}

const message = (number: number): Uint8Array => Buffer.from(String(number).padEnd(500));

describe('HostChannel', () => {
  it('loses nothing, and keeps the order, when the other end does not read for long', () => {
    using ends = pair();
    const numbers = Array.from({ length: 2000 }, (_, number) => number);
    numbers.forEach((number) => ends.channel.send(message(number)));
    const wasFull = ends.channel.isFull;

    const got: number[] = [];
    while (got.length < numbers.length) {
      const next = ends.other.receive();
      if (next === 'would-block') {
        ends.turn();
      } else if (next === 'closed') {
        break;
      } else {
        got.push(Number(Buffer.from(next.bytes).toString()));
      }
    }

    expect(wasFull).toBe(true);
    expect(got).toEqual(numbers);
    expect(ends.channel.isFull).toBe(false);
  });

  it('does not have descriptors wait', () => {
    using ends = pair();
    while (!ends.channel.isFull) {
      ends.channel.send(message(1));
    }
    expect(() => ends.channel.send(message(2), [0])).toThrow('full');
  });

  it('has nothing to send any more when the other end is gone', () => {
    using ends = pair();
    while (!ends.channel.isFull) {
      ends.channel.send(message(1));
    }
    ends.other[Symbol.dispose]();
    ends.turn();
    expect(ends.channel.isFull).toBe(false);
  });

  it('does not listen for a moment to somebody who talks without end', async () => {
    using ends = pair(true);
    for (let count = 0; count < 100; count += 1) {
      ends.other.send(Buffer.from('x'));
    }
    for (let count = 0; count < 200; count += 1) {
      ends.turn();
    }
    const atOnce = ends.heard.length;
    while (ends.heard.length < 100) {
      await delay(1);
      ends.turn();
    }
    expect(atOnce).toBe(64);
  });
});
