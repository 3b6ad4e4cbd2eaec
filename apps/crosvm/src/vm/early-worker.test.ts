import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';

import { dismissEarlyWorker, NO_WORK, startEarly, takeWorker } from './early-worker';

/** Stands in for a thread: the test says what becomes of it. */
class FakeWorker extends EventEmitter {
  static readonly all: FakeWorker[] = [];
  readonly ref = jest.fn();
  readonly unref = jest.fn();
  readonly postMessage = jest.fn();

  constructor() {
    super();
    FakeWorker.all.push(this);
  }
}

jest.mock('node:worker_threads', () => ({
  get Worker() {
    return FakeWorker;
  },
}));

const CAUSE = new Error('Worker initialization failure: EMFILE');

/** What a worker's taker sees of it by the end of the turn. */
async function seenOf(worker: Worker): Promise<unknown[]> {
  const seen: unknown[] = [];
  worker.on('error', (error) => seen.push(error));
  worker.on('exit', (code) => seen.push(code));
  await new Promise(setImmediate);
  return seen;
}

function startOne(): FakeWorker {
  startEarly();
  return FakeWorker.all.at(-1)!;
}

afterEach(async () => {
  FakeWorker.all.forEach((worker) => worker.emit('exit', 0));
  await dismissEarlyWorker();
  FakeWorker.all.length = 0;
});

describe('an early worker', () => {
  test('is taken once', () => {
    const early = startOne();
    const taken = [takeWorker(), takeWorker()];
    expect(taken).toEqual(FakeWorker.all);
    expect(taken[0]).toBe(early);
  });

  test('that fails before it is taken tells whoever takes it', async () => {
    const early = startOne();
    early.emit('error', CAUSE);
    early.emit('exit', 1);
    expect(await seenOf(takeWorker())).toEqual([CAUSE, 1]);
  });

  test('that has failed and not yet ended when it is taken tells of each once', async () => {
    const early = startOne();
    early.emit('error', CAUSE);
    const seen = seenOf(takeWorker());
    setTimeout(() => early.emit('exit', 1));
    await new Promise((resolve) => early.once('exit', resolve));
    expect(await seen).toEqual([CAUSE, 1]);
  });

  test('that is well tells nothing', async () => {
    startOne();
    expect(await seenOf(takeWorker())).toEqual([]);
  });

  test('that failed and is not wanted is not waited for', async () => {
    const early = startOne();
    early.emit('error', CAUSE);
    early.emit('exit', 1);
    await expect(dismissEarlyWorker()).resolves.toBeUndefined();
    expect(early.postMessage).not.toHaveBeenCalled();
  });

  test('that fails while it is dismissed ends that', async () => {
    const early = startOne();
    const dismissed = dismissEarlyWorker();
    early.emit('error', CAUSE);
    early.emit('exit', 1);
    await expect(dismissed).resolves.toBeUndefined();
  });
});

describe('dismissEarlyWorker', () => {
  test('says that there is no work, and waits for the end', async () => {
    const early = startOne();
    const dismissed = dismissEarlyWorker();
    early.emit('exit', 0);
    await dismissed;
    expect(early.postMessage).toHaveBeenCalledWith(NO_WORK);
  });

  test('leaves a worker alone that was taken', async () => {
    const early = startOne();
    takeWorker();
    await dismissEarlyWorker();
    expect(early.postMessage).not.toHaveBeenCalled();
  });
});
