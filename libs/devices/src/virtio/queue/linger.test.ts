import { Linger } from './linger';

/** A clock that is moved by hand, and a look takes 0.1 us of it. */
class World {
  now = 1;
  looks = 0;
  /** What is waited for comes after so many looks. */
  comesAfter = Infinity;

  hasCome(): boolean {
    this.looks += 1;
    this.now += 0.0001;
    return this.looks > this.comesAfter;
  }
}

function make(cpus = 2): { world: World; linger: Linger; wait: (ms: number) => number } {
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

  it('looks for 0.2 ms, however long a look takes', () => {
    const { world, wait } = make();
    wait(0.1);
    // It is measured here.
    wait(0.1);
    const from = world.now;
    wait(0);
    expect(world.now - from).toBeCloseTo(0.2);
  });

  it('rests where what it waits for does not come as long as it looks, and tries again', () => {
    const { wait } = make();
    wait(0.1);
    const looks = Array.from({ length: 600 }, () => wait(0.1) > 0);
    const turns = looks.filter((looked, index) => looked !== looks[index - 1]).length;
    expect(looks.slice(0, 5)).toEqual([true, true, true, true, false]);
    expect(looks.filter(Boolean).length).toBeLessThan(15);
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('does not look on a machine with one CPU', () => {
    const { wait } = make(1);
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
