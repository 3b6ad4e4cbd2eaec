import { performance } from 'node:perf_hooks';

import { TimerFd } from './index';

describe('TimerFd', () => {
  it('fires once and is then disarmed', () => {
    using timer = TimerFd.create({ nonblock: false });
    timer.setAfter(5);
    expect(timer.read()).toBe(1);
    expect(timer.remaining()).toBe(0);
  });

  it('has not fired before its time, and tells how long it still takes', () => {
    using timer = TimerFd.create();
    timer.setAfter(60_000);
    expect(timer.read()).toBeUndefined();
    expect(timer.remaining()).toBeGreaterThan(50_000);
    expect(timer.remaining()).toBeLessThanOrEqual(60_000);
  });

  it('fires again and again, and counts what was missed', () => {
    using timer = TimerFd.create({ nonblock: false });
    timer.setAfter(1, 1);
    expect(timer.read()).toBeGreaterThanOrEqual(1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    expect(timer.read()).toBeGreaterThan(5);
  });

  it('fires at a time of the monotonic clock', () => {
    using timer = TimerFd.create({ nonblock: false });
    const start = performance.now();
    // Node's own monotonic clock is the kernel's.
    timer.setAt(Number(process.hrtime.bigint()) / 1e6 + 20);
    expect(timer.read()).toBe(1);
    expect(performance.now() - start).toBeGreaterThan(15);
  });

  it('fires at a time of day', () => {
    using timer = TimerFd.create({ clock: 'realtime' });
    timer.setAt(Date.now() + 60_000);
    expect(timer.remaining()).toBeGreaterThan(50_000);
    expect(timer.remaining()).toBeLessThan(70_000);
  });

  it.each(['setAfter', 'setAt'] as const)('fires at once when %s gets 0', (set) => {
    using timer = TimerFd.create({ nonblock: false });
    timer[set](0);
    expect(timer.read()).toBe(1);
  });

  it('forgets everything when cancelled', () => {
    using timer = TimerFd.create();
    timer.setAfter(0, 60_000);
    timer.cancel();
    expect(timer.read()).toBeUndefined();
    expect(timer.remaining()).toBe(0);
  });

  it.each([-1, NaN, Infinity])('refuses %p as a time', (time) => {
    using timer = TimerFd.create();
    expect(() => timer.setAfter(time)).toThrow(RangeError);
  });
});
