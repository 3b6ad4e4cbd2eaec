import { once } from 'node:events';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';

import {
  bind,
  blockSignals,
  consumeSignal,
  gettid,
  kickThread,
  setBlockedSignals,
  SignalFd,
  SignalSet,
  SIGRTMIN,
  unblockSignals,
} from './index';
import { bundleScript } from './testing/bundle';

const kick = new SignalSet([SIGRTMIN]);

describe('SignalSet', () => {
  it('has one bit a signal, from 1', () => {
    const set = new SignalSet([1, 9, 34, 64]);
    expect([...set.kernelBytes]).toEqual([1, 1, 0, 0, 2, 0, 0, 0x80]);
    expect([1, 2, 34, 64].map((signal) => set.has(signal))).toEqual([true, false, true, true]);
    expect(set.bytes).toHaveLength(128);
  });

  it.each([0, 65, 1.5])('refuses %p', (signal) => {
    expect(() => new SignalSet([signal])).toThrow(RangeError);
  });
});

describe('SIGRTMIN', () => {
  it('is what libc says', () => {
    const { __libc_current_sigrtmin } = bind(null, { __libc_current_sigrtmin: ['int', []] });
    expect(SIGRTMIN).toBe(__libc_current_sigrtmin());
  });
});

describe('signals of this thread', () => {
  it('stay pending while blocked, and are consumed one by one', () => {
    blockSignals(kick);
    expect(consumeSignal(kick)).toBeUndefined();
    expect(kickThread(process.pid, gettid(), SIGRTMIN)).toBe(true);
    expect(consumeSignal(kick)).toBe(SIGRTMIN);
    expect(consumeSignal(kick)).toBeUndefined();
    unblockSignals(kick);
  });

  it('are blocked in addition to, or instead of, what was blocked', () => {
    const before = blockSignals(kick);
    const during = setBlockedSignals(new SignalSet([constants.signals.SIGUSR2]));
    const after = setBlockedSignals(before);
    expect(before.has(SIGRTMIN)).toBe(false);
    expect(during.has(SIGRTMIN)).toBe(true);
    expect(after.has(SIGRTMIN)).toBe(false);
    expect(after.has(constants.signals.SIGUSR2)).toBe(true);
  });

  it('come out of a signalfd with their sender', () => {
    blockSignals(kick);
    using signals = SignalFd.create(kick);
    expect(signals.read()).toBeUndefined();
    kickThread(process.pid, gettid(), SIGRTMIN);
    expect(signals.read()).toEqual({
      signal: SIGRTMIN,
      pid: process.pid,
      uid: process.getuid?.(),
    });
    expect(signals.read()).toBeUndefined();
    unblockSignals(kick);
  });
});

describe('kickThread', () => {
  it('says that a thread does not exist', () => {
    expect(kickThread(process.pid, 2 ** 30, SIGRTMIN)).toBe(false);
  });

  it('refuses what is no signal', () => {
    expect(() => kickThread(process.pid, gettid(), 65)).toThrow('EINVAL');
  });

  it.each([
    ['sigtimedwait', 'const take = () => consumeSignal(kick, 20_000);'],
    [
      'a read',
      `const signals = SignalFd.create(kick, { nonblock: false });
       const take = () => signals.read().signal;`,
    ],
  ])('wakes a worker that waits in %s, which consumes the signal', async (_name, take) => {
    using script = bundleScript(`
      import { parentPort } from 'node:worker_threads';
      import { blockSignals, consumeSignal, gettid, SignalFd, SignalSet, SIGRTMIN } from './index';
      const kick = new SignalSet([SIGRTMIN]);
      blockSignals(kick);
      ${take}
      parentPort.postMessage(gettid());
      parentPort.postMessage([take(), consumeSignal(kick)]);
    `);
    const worker = new Worker(script.path);
    const [tid] = (await once(worker, 'message')) as [number];
    expect(kickThread(process.pid, tid, SIGRTMIN)).toBe(true);
    const [taken] = (await once(worker, 'message')) as [unknown];
    expect(taken).toEqual([SIGRTMIN, undefined]);
  });
});
