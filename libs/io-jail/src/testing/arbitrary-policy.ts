import { type SyscallArch, syscallsOf } from '@crosvm/syscall-defines';
import fc from 'fast-check';

import type { Policy } from '../policy/policy';

const OPERATORS = ['==', '!=', '<', '<=', '>', '>=', '&', 'in'] as const;

/** Values where comparisons by halves go wrong first. */
const EDGES = [
  0n,
  1n,
  2n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 47n,
  2n ** 63n,
  2n ** 64n - 2n ** 32n,
  2n ** 64n - 1n,
];

const value: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt(0n, 7n),
  fc.bigInt(0n, 2n ** 32n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);

const comparison = fc
  .record({
    argument: fc.nat(5),
    operator: fc.constantFrom(...OPERATORS),
    value,
    negate: fc.boolean(),
  })
  .map(({ argument, operator, value, negate }) => {
    const text = negate ? `~0x${value.toString(16)}` : value.toString();
    return `arg${argument} ${operator} ${text}`;
  });

const equalities = fc
  .record({ argument: fc.nat(5), values: fc.array(value, { minLength: 2, maxLength: 12 }) })
  .map(({ argument, values }) =>
    values.map((value) => `arg${argument} == ${value.toString()}`).join(' || '),
  );

const expression = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(comparison, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: equalities.map((text) => [text]) },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((terms) => terms.map((term) => term.join(' && ')).join(' || '));

const outcome = fc.oneof(
  fc.constantFrom('1', 'allow', 'kill', 'return EPERM', 'return 0', 'return 4095'),
  expression,
  expression,
  expression.map((text) => `${text}; return ENOSYS`),
);

/** The text of a policy for this architecture, with up to `most` rules. */
export function policyText(arch: SyscallArch, most: number): fc.Arbitrary<string> {
  const names = Object.keys(syscallsOf(arch));
  const rule = fc.record({ name: fc.constantFrom(...names), outcome });
  const always = fc.record({ name: fc.constantFrom('mprotect', 'pkey_mprotect'), outcome });
  return fc
    .uniqueArray(fc.oneof({ weight: 12, arbitrary: rule }, { weight: 1, arbitrary: always }), {
      maxLength: most,
      selector: ({ name }) => name,
    })
    .map((rules) => rules.map(({ name, outcome }) => `${name}: ${outcome}\n`).join(''));
}

/** A call as it was drawn, before it is fitted to a policy. */
export interface DrawnCall {
  readonly rule: number;
  readonly step: number;
  readonly bit: number;
  readonly args: readonly DrawnValue[];
}

interface DrawnValue {
  readonly pick: number;
  readonly step: bigint;
  readonly flip: bigint;
}

const drawnValue: fc.Arbitrary<DrawnValue> = fc.record({
  pick: fc.nat(),
  step: fc.constantFrom(0n, 0n, 0n, 1n, -1n, 4096n, -4096n),
  flip: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0n) },
    { weight: 2, arbitrary: fc.constantFrom(1n, 2n ** 32n, 2n ** 63n, 2n ** 31n) },
    { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
  ),
});

/** Calls to be fitted to a policy by `fitCall`. */
export const drawnCalls: fc.Arbitrary<readonly DrawnCall[]> = fc.array(
  fc.record({
    rule: fc.nat(),
    step: fc.constantFrom(0, 0, 0, 0, 1, -1),
    bit: fc.constantFrom(0, 0, 0, 0, 0, 0x4000_0000, 0x8000_0000),
    args: fc.array(drawnValue, { minLength: 6, maxLength: 6 }),
  }),
  { minLength: 40, maxLength: 80 },
);

/** A call near what a policy speaks of: its numbers, and values around its constants. */
export function fitCall(
  policy: Policy,
  { rule, step, bit, args }: DrawnCall,
  more: readonly bigint[] = [],
): { nr: number; args: bigint[] } {
  const { rules } = policy;
  const chosen = rules[rule % Math.max(1, rules.length)];
  const own = chosen?.alternatives.flatMap(({ comparisons }) => comparisons) ?? [];
  const valueOf = ({ pick, step, flip }: DrawnValue, index: number): bigint => {
    const mine = own.filter(({ argument }) => argument === index).map(({ value }) => value);
    const pool = [...mine, ...mine, ...more, ...EDGES];
    return BigInt.asUintN(64, ((pool[pick % pool.length] ?? 0n) + step) ^ flip);
  };
  return { nr: (((chosen?.number ?? 0) + step) | bit) >>> 0, args: args.map(valueOf) };
}
