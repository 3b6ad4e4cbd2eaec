import { Linger } from './linger';

/** A clock that is moved by hand, and a look takes 20 ns of it. */
class World {
  now = 1;
  looks = 0;
  /** What is waited for comes after so many looks. */
  comesAfter = Infinity;

  hasCome(): boolean {
    this.looks += 1;
    this.now += 0.00002;
    return this.looks > this.comesAfter;
  }
}

/** @param serving milliseconds that it takes to do what is to be done between two waits */
function make({ cpus = 2, serving = 0.01 } = {}): {
  world: World;
  linger: Linger;
  wait: (ms: number) => number;
} {
  const world = new World();
  const linger = new Linger(cpus, () => world.now);
  /** Waits for what comes after a while; returns how often was looked. */
  const wait = (ms: number): number => {
    world.looks = 0;
    world.comesAfter = Infinity;
    const from = world.now;
    const isFound = linger.isWorthwhile ? linger.lookFor(world) : (linger.asleep(), false);
    if (!isFound) {
      world.now = Math.max(world.now, from + ms);
      linger.woken();
    }
    world.now += serving;
    return world.looks;
  };
  return { world, linger, wait };
}

describe('a linger', () => {
  it('does not look before it has seen that waits are short', () => {
    const { wait } = make();
    expect(wait(0.1)).toBe(0);
    expect(wait(0.1)).toBeGreaterThan(0);
  });

  it('finds what comes while it looks', () => {
    const { world, linger, wait } = make();
    wait(0.1);
    world.looks = 0;
    world.comesAfter = 10;
    expect([linger.lookFor(world), world.looks]).toEqual([true, 11]);
  });

  it('does not look any more where waits are long', () => {
    const { wait } = make();
    wait(0.1);
    wait(1);
    expect(wait(1)).toBe(0);
  });

  it('notices after some waits that they have become short', () => {
    const { wait } = make();
    wait(1);
    const looks = Array.from({ length: 20 }, () => wait(0.1) > 0);
    expect(looks.indexOf(true)).toBe(16);
  });

  it.each([
    ['0.2 ms where little is to be done', 0.001, 0.2],
    ['eight times as long as it takes to do what is to be done', 0.1, 0.8],
    ['4 ms at most', 1, 4],
  ])('looks for %s', (_, serving, ms) => {
    const { world, linger, wait } = make({ serving });
    wait(0.1);
    // It takes some times to know.
    for (let times = 0; times < 100; times += 1) {
      world.looks = 0;
      world.comesAfter = 10;
      linger.lookFor(world);
      world.now += serving;
    }
    const from = world.now;
    wait(0);
    expect(world.now - from - serving).toBeGreaterThanOrEqual(ms);
    expect(world.now - from - serving).toBeLessThan(1.1 * ms);
  });

  it('is not misled by a time that was long because the thread was interrupted', () => {
    const { world, wait } = make();
    wait(0.1);
    world.now += 100;
    const from = world.now;
    wait(0);
    expect(world.now - from).toBeLessThan(1);
  });

  it('rests where what it waits for does not come as long as it looks, and tries again', () => {
    const { wait } = make();
    wait(0.1);
    const looks = Array.from({ length: 900 }, () => wait(0.1) > 0);
    const at = looks.flatMap((looked, index) => (looked ? [index] : []));
    // Four times, with some waits between, and then for a while no more.
    expect(at.slice(0, 4)).toEqual([0, 17, 34, 51]);
    expect(at[4]).toBeGreaterThan(51 + 256);
    expect(at.length).toBeGreaterThan(5);
    expect(at.length).toBeLessThan(15);
  });

  it('does not look on a machine with one CPU', () => {
    const { wait } = make({ cpus: 1 });
    expect(Array.from({ length: 10 }, () => wait(0.1))).toEqual(Array(10).fill(0));
  });

  it('is not told anything by what nobody waited for', () => {
    const { world, linger, wait } = make();
    linger.woken();
    world.now += 1;
    expect(wait(0.1)).toBe(0);
    expect(wait(0.1)).toBeGreaterThan(0);
  });
});
