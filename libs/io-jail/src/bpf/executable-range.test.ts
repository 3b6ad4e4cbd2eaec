import fc from 'fast-check';

import {
  AUDIT_ARCH,
  compileFilter,
  decodeAction,
  FilterError,
  parsePolicy,
  runFilter,
} from '../index';

const MPROTECT = 10;
const PKEY_MPROTECT = 329;
const MUNMAP = 11;
const PAGE = 4096;
const END = 2 ** 47;

const policy = parsePolicy('{mprotect, pkey_mprotect, munmap}: arg2 == PROT_NONE', {
  arch: 'x86_64',
});

function isAllowed(program: Uint8Array, nr: number, args: readonly bigint[]): boolean {
  const value = runFilter(program, { nr, arch: AUDIT_ARCH.x86_64, args });
  return decodeAction(value).kind === 'allow';
}

/** Addresses of pages, also where the lower half wraps. */
const page = fc.oneof(
  fc.integer({ min: 0, max: END / PAGE }).map((index) => index * PAGE),
  fc
    .record({
      high: fc.integer({ min: 0, max: 0x7fff }),
      low: fc.constantFrom(0, PAGE, 2 ** 32 - PAGE),
    })
    .map(({ high, low }) => high * 2 ** 32 + low),
);

const range = fc
  .tuple(page, page)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

/** An address or a length: near an edge of the range, or anything. */
const drawn = fc.record({
  base: fc.constantFrom('start', 'end', 'length', 'zero', 'most'),
  away: fc.oneof(
    fc.constantFrom(0n, 1n, -1n, 4096n, -4096n, 2n ** 32n, -(2n ** 32n), 2n ** 47n, 2n ** 63n),
    fc.bigInt(-(2n ** 48n), 2n ** 48n),
  ),
});

describe('memory that may become executable', () => {
  it('is what lies in the range from its first byte to its last', () => {
    const protection = fc.constantFrom(1n, 3n, 4n, 5n, 7n);
    const property = fc.property(range, drawn, drawn, protection, (executable, at, size, prot) => {
      const { start, end } = executable;
      const bases = { start, end, length: end - start, zero: 0, most: 2 ** 64 };
      const resolve = ({ base, away }: typeof at): bigint =>
        BigInt.asUintN(64, BigInt(bases[base]) + away);
      const args = [resolve(at), resolve(size), prot];

      const answer = isAllowed(compileFilter(policy, { executable: [executable] }), MPROTECT, args);

      const [address = 0n, length = 0n] = args;
      expect(answer).toBe(address >= BigInt(start) && address + length <= BigInt(end));
    });
    fc.assert(property, { numRuns: 3000 });
  });

  const executable = { start: 0x1000_0000_0000, end: 0x1000_0800_0000 };
  const inside = [BigInt(executable.start), BigInt(PAGE)];
  const program = compileFilter(policy, { executable: [executable] });

  it('is for the calls that protect memory, with or without a key', () => {
    expect(isAllowed(program, MPROTECT, [...inside, 5n])).toBe(true);
    expect(isAllowed(program, PKEY_MPROTECT, [...inside, 5n, 1n])).toBe(true);
    expect(isAllowed(program, MUNMAP, [...inside, 5n])).toBe(false);
  });

  it.each([8n, 0x0100_0004n, 0x0200_0004n, 0x1_0000_0004n])(
    'is not reached by protection %p, which is no mere reading, writing and executing',
    (protection) => {
      expect(isAllowed(program, MPROTECT, [...inside, protection])).toBe(false);
    },
  );

  it('comes in addition to what the policy permits anywhere', () => {
    expect(isAllowed(program, MPROTECT, [0n, 2n ** 64n - 1n, 0n])).toBe(true);
  });

  it('is for calls that the policy says nothing about, too', () => {
    const none = compileFilter(parsePolicy('read: 1', { arch: 'x86_64' }), {
      executable: [executable],
    });

    expect(isAllowed(none, MPROTECT, [...inside, 5n])).toBe(true);
    expect(isAllowed(none, PKEY_MPROTECT, [...inside, 5n])).toBe(true);
    expect(isAllowed(none, MPROTECT, [0n, 4096n, 1n])).toBe(false);
  });

  it.each([
    [0, 0],
    [PAGE, 0],
    [1, PAGE],
    [0, PAGE + 1],
    [-PAGE, PAGE],
    [0, END + PAGE],
    [0, Number.NaN],
  ])('cannot be from %p to %p', (start, end) => {
    expect(() => compileFilter(policy, { executable: [{ start, end }] })).toThrow(FilterError);
  });
});
