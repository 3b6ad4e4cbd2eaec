import fc from 'fast-check';

import { SharedCounters } from './shared-counters';

const UNIT = 2 ** 29;

/** Two counters behind a word that is not theirs, and another thread's sight of them. */
function shared(): {
  readonly counters: SharedCounters;
  readonly seen: SharedCounters;
  readonly words: Int32Array;
} {
  const buffer = new SharedArrayBuffer(4 + SharedCounters.size(2));
  const words = new Int32Array(buffer);
  return {
    counters: new SharedCounters(words, 1),
    seen: new SharedCounters(new Int32Array(buffer), 1),
    words,
  };
}

describe('SharedCounters', () => {
  it('count from nothing, each for itself', () => {
    const { counters, seen, words } = shared();
    counters.increment(0);
    counters.add(1, 4096);
    counters.increment(0);
    expect([seen.read(0), seen.read(1), words[0]]).toEqual([2, 4096, 0]);
  });

  it('count beyond 32 bits', () => {
    const { counters, seen } = shared();
    counters.add(0, 2 ** 40 + 3);
    counters.increment(0);
    expect(seen.read(0)).toBe(2 ** 40 + 4);
  });

  it('are the sum of all that was added', () => {
    const amount = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: UNIT - 3, max: UNIT + 3 }),
      fc.integer({ min: 0, max: 2 ** 44 }),
    );
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 60 }), (amounts) => {
        const { counters, seen } = shared();
        amounts.forEach((each) => counters.add(1, each));
        expect(seen.read(1)).toBe(amounts.reduce((sum, each) => sum + each, 0));
        expect(seen.read(0)).toBe(0);
      }),
    );
  });

  it('are whole numbers, whatever somebody wrote over them', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (low, high) => {
        const { seen, words } = shared();
        words.set([low, high], 1);
        const value = seen.read(0);
        expect(Number.isInteger(value) && value >= 0).toBe(true);
      }),
      { examples: [[-1, -1]] },
    );
  });

  it('can be kept where nobody reads them', () => {
    const counters = SharedCounters.own(3);
    counters.increment(2);
    expect([counters.read(1), counters.read(2)]).toEqual([0, 1]);
  });
});
