import { openSync } from 'node:fs';
import { setImmediate as immediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import {
  createPipe,
  EventFd,
  EventLoopPoller,
  OwnedFd,
  POLL_ERROR,
  POLL_HANG_UP,
  POLL_PEER_CLOSED,
  POLL_READABLE,
  POLL_WRITABLE,
  type Poller,
  PollLoop,
  socketPair,
} from './index';
import { bundleScript } from './testing/bundle';

interface Driver extends Disposable {
  readonly poller: Poller;
  /** Lets the poller serve what is ready now. */
  turn(): Promise<void>;
}

function blocking(): Driver {
  const poller = new PollLoop();
  const turn = (): Promise<void> => {
    poller.runOnce(0);
    return Promise.resolve();
  };
  return { poller, turn, [Symbol.dispose]: () => poller[Symbol.dispose]() };
}

function evented(): Driver {
  const poller = new EventLoopPoller();
  // Enough for a whole poll phase and the check phase after it, wherever in its turn the loop is.
  const turn = async (): Promise<void> => {
    await immediate();
    await immediate();
    await immediate();
  };
  return { poller, turn, [Symbol.dispose]: () => poller[Symbol.dispose]() };
}

describe.each([
  ['PollLoop', blocking],
  ['EventLoopPoller', evented],
])('%s', (_name, drive) => {
  it('calls the handler of what is ready, and again as long as it stays ready', async () => {
    using driver = drive();
    using event = EventFd.create();
    const ready: number[] = [];
    driver.poller.add(event.raw, POLL_READABLE, (bits) => ready.push(bits));

    await driver.turn();
    expect(ready).toEqual([]);
    event.signal();
    await driver.turn();
    await driver.turn();
    expect(ready.length).toBeGreaterThanOrEqual(2);

    event.read();
    ready.length = 0;
    await driver.turn();
    expect(ready).toEqual([]);
  });

  it('reports only what was asked for', async () => {
    using driver = drive();
    using event = EventFd.create();
    const ready = new Set<number>();
    const registration = driver.poller.add(event.raw, POLL_READABLE, (bits) => ready.add(bits));
    event.signal();
    await driver.turn();
    expect([...ready]).toEqual([POLL_READABLE]);

    ready.clear();
    registration.setInterest(POLL_WRITABLE);
    await driver.turn();
    expect([...ready]).toEqual([POLL_WRITABLE]);

    ready.clear();
    registration.setInterest(POLL_READABLE | POLL_WRITABLE);
    await driver.turn();
    expect([...ready]).toEqual([POLL_READABLE | POLL_WRITABLE]);
  });

  it('reports nothing while paused, and what was missed afterwards', async () => {
    using driver = drive();
    using event = EventFd.create();
    let calls = 0;
    const registration = driver.poller.add(event.raw, 0, () => (calls += 1));
    event.signal();
    await driver.turn();
    expect(calls).toBe(0);

    registration.setInterest(POLL_READABLE);
    await driver.turn();
    expect(calls).toBeGreaterThan(0);
  });

  it('calls nobody who was removed, not even by a handler of the same batch', async () => {
    using driver = drive();
    using first = EventFd.create();
    using second = EventFd.create();
    const called: string[] = [];
    const registrations = [
      driver.poller.add(first.raw, POLL_READABLE, () => {
        called.push('first');
        registrations.forEach((registration) => registration.remove());
      }),
      driver.poller.add(second.raw, POLL_READABLE, () => {
        called.push('second');
        registrations.forEach((registration) => registration.remove());
      }),
    ];
    first.signal();
    second.signal();
    await driver.turn();
    await driver.turn();
    expect(called).toHaveLength(1);
    expect(() => registrations[0]?.setInterest(POLL_READABLE)).toThrow('not polled any more');
  });

  it('lets a handler add others', async () => {
    using driver = drive();
    using first = EventFd.create();
    using second = EventFd.create();
    const done = jest.fn();
    const registration = driver.poller.add(first.raw, POLL_READABLE, () => {
      registration.remove();
      driver.poller.add(second.raw, POLL_READABLE, done);
    });
    first.signal();
    second.signal();
    await driver.turn();
    await driver.turn();
    expect(done).toHaveBeenCalled();
  });

  it('serves more descriptors than one batch holds', async () => {
    using driver = drive();
    const events = Array.from({ length: 200 }, () => EventFd.create());
    const seen = new Set<number>();
    for (const event of events) {
      driver.poller.add(event.raw, POLL_READABLE, () => {
        event.read();
        seen.add(event.raw);
      });
      event.signal();
    }
    for (let turn = 0; turn < 4; turn += 1) {
      await driver.turn();
    }
    expect(seen.size).toBe(200);
    events.forEach((event) => event[Symbol.dispose]());
  });

  it('takes a number again whose old descriptor was closed', async () => {
    using driver = drive();
    const old = EventFd.create();
    const stale = driver.poller.add(old.raw, POLL_READABLE, () => undefined);
    old[Symbol.dispose]();
    using event = EventFd.create();
    expect(event.raw).toBe(stale.fd);
    const handler = jest.fn();
    driver.poller.add(event.raw, POLL_READABLE, handler);
    stale.remove();
    event.signal();
    await driver.turn();
    expect(handler).toHaveBeenCalled();
  });

  it('reports what nobody asked for: errors and hang-ups', async () => {
    using driver = drive();
    const { reader, writer } = createPipe();
    const [near, far] = socketPair();
    const ready = new Map<number, number>();
    const note = (fd: OwnedFd) => (bits: number) => ready.set(fd.raw, bits);
    driver.poller.add(writer.raw, POLL_READABLE, note(writer));
    driver.poller.add(near.raw, POLL_PEER_CLOSED, note(near));
    await driver.turn();
    expect(ready.size).toBe(0);

    reader.close();
    far.close();
    await driver.turn();
    expect(ready.get(writer.raw)).toBe(POLL_ERROR);
    expect(ready.get(near.raw)).toBe(POLL_HANG_UP | POLL_PEER_CLOSED);
    [writer, near].forEach((fd) => fd.close());
  });

  it('refuses a descriptor twice, and one that cannot be polled', () => {
    using driver = drive();
    using event = EventFd.create();
    driver.poller.add(event.raw, POLL_READABLE, () => undefined);
    expect(() => driver.poller.add(event.raw, 0, () => undefined)).toThrow('EEXIST');
    using file = OwnedFd.adopt(openSync(__filename, 'r'));
    expect(() => driver.poller.add(file.raw, 0, () => undefined)).toThrow('EPERM');
  });

  it('survives that a descriptor is closed before it is removed', () => {
    using driver = drive();
    const event = EventFd.create();
    const registration = driver.poller.add(event.raw, POLL_READABLE, () => undefined);
    event[Symbol.dispose]();
    expect(() => registration.remove()).not.toThrow();
  });
});

describe('PollLoop', () => {
  it('runs until a handler stops it, and can be run again', () => {
    using loop = new PollLoop();
    using event = EventFd.create();
    let calls = 0;
    loop.add(event.raw, POLL_READABLE, () => {
      calls += 1;
      loop.stop();
    });
    event.signal();
    loop.run();
    loop.run();
    expect(calls).toBeGreaterThanOrEqual(2);
  });

  it('returns at once if it was stopped before', () => {
    using loop = new PollLoop();
    loop.stop();
    expect(() => loop.run()).not.toThrow();
  });

  it('passes on what a handler throws, and goes on with the next run', () => {
    using loop = new PollLoop();
    using event = EventFd.create();
    const registration = loop.add(event.raw, POLL_READABLE, () => {
      throw new Error('broken');
    });
    event.signal();
    expect(() => loop.run()).toThrow('broken');
    registration.remove();
    loop.stop();
    expect(() => loop.run()).not.toThrow();
  });

  it('refuses to be run by a handler', () => {
    using loop = new PollLoop();
    using event = EventFd.create();
    loop.add(event.raw, POLL_READABLE, () => loop.runOnce(0));
    event.signal();
    expect(() => loop.run()).toThrow('must not poll');
  });

  it('is stopped from another thread', async () => {
    using script = bundleScript(`
      import { workerData, parentPort } from 'node:worker_threads';
      import { EventFd, PollLoop } from './index';
      const loop = new PollLoop();
      parentPort.postMessage(loop.stopEvent.fd.dup().release());
      loop.run();
    `);
    const worker = new Worker(script.path);
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    const raw = await new Promise<number>((resolve) => worker.once('message', resolve));
    using stop = EventFd.adopt(raw);
    stop.signal();
    expect(await exit).toBe(0);
  });
});

describe('EventLoopPoller', () => {
  it('runs promises and ticks of a handler before it waits again', async () => {
    using poller = new EventLoopPoller();
    using event = EventFd.create();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      poller.add(event.raw, POLL_READABLE, () => {
        event.read();
        process.nextTick(() => order.push('tick'));
        void Promise.resolve().then(() => {
          order.push('promise');
          resolve();
        });
      });
      event.signal();
    });
    expect(order).toEqual(['tick', 'promise']);
  });

  it('serves in a worker, lets it end when unref’ed, and dies with it', async () => {
    using script = bundleScript(`
      import { parentPort } from 'node:worker_threads';
      import { EventFd, EventLoopPoller, POLL_READABLE, TimerFd } from './index';
      const poller = new EventLoopPoller();
      const forgotten = new EventLoopPoller().unref();
      forgotten.add(EventFd.create().raw, POLL_READABLE, () => undefined);
      const timer = TimerFd.create();
      timer.setAfter(5);
      poller.add(timer.raw, POLL_READABLE, () => {
        parentPort.postMessage(timer.read());
        poller.unref();
      });
    `);
    const worker = new Worker(script.path);
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    const fired = await new Promise((resolve) => worker.once('message', resolve));
    expect(fired).toBe(1);
    expect(await exit).toBe(0);
  });

  it('leaves what a handler throws to the process, and keeps serving', async () => {
    using script = bundleScript(`
      import { EventFd, EventLoopPoller, POLL_READABLE } from './index';
      import { parentPort } from 'node:worker_threads';
      const poller = new EventLoopPoller();
      const event = EventFd.create();
      const seen = [];
      process.on('uncaughtException', (error) => seen.push(error.message));
      let calls = 0;
      poller.add(event.raw, POLL_READABLE, () => {
        calls += 1;
        if (calls < 3) throw new Error('broken ' + calls);
        parentPort.postMessage(seen);
        poller[Symbol.dispose]();
      });
      event.signal();
    `);
    const worker = new Worker(script.path);
    const seen = await new Promise((resolve) => worker.once('message', resolve));
    expect(seen).toEqual(['broken 1', 'broken 2']);
  });
});
