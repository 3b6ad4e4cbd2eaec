import type { Alternative, Comparison, Policy, Refusal, Rule } from './policy';
import type { SourcePosition } from './policy-error';

/** A system call, as a filter sees it. */
export interface SystemCall {
  readonly nr: number;
  /** Up to six, taken as 64 bits; those that are missing are 0. */
  readonly args: readonly bigint[];
}

/** What a policy says about a call. */
export type Decision = { readonly kind: 'allow' } | Refusal;

const VIOLATION: Refusal = { kind: 'violation' };

function argumentOf({ args }: SystemCall, index: number): bigint {
  return BigInt.asUintN(64, args[index] ?? 0n);
}

function holds({ argument, operator, value }: Comparison, call: SystemCall): boolean {
  const actual = argumentOf(call, argument);
  switch (operator) {
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '&':
      return (actual & value) !== 0n;
    case 'in':
      return (actual | value) === value;
  }
}

/** The rule for a number, if there is one. */
function ruleOf({ rules }: Policy, nr: number): Rule | undefined {
  return rules.find(({ number }) => number === nr);
}

/** Which alternative of the call's rule permits it, by index; `undefined` if none does. */
export function matchRule(policy: Policy, call: SystemCall): number | undefined {
  const rule = ruleOf(policy, call.nr);
  const index = rule?.alternatives.findIndex(({ comparisons }) =>
    comparisons.every((comparison) => holds(comparison, call)),
  );
  return index === undefined || index < 0 ? undefined : index;
}

/** What a policy says about a call of its architecture's ABI, without any filter. */
export function decide(policy: Policy, call: SystemCall): Decision {
  if (matchRule(policy, call) !== undefined) {
    return { kind: 'allow' };
  }
  return ruleOf(policy, call.nr)?.otherwise ?? VIOLATION;
}

/** What a policy permits of one call. */
export interface RuleDescription {
  readonly name: string;
  readonly number: number;
  readonly position: SourcePosition;
  /** In the order that `matchRule` counts in; none where the call is always refused. */
  readonly alternatives: readonly Pick<Alternative, 'text' | 'position'>[];
  readonly otherwise: Refusal;
}

/** The calls of a policy with the alternatives in which each is permitted, sorted by number. */
export function describeRules({ rules }: Policy): readonly RuleDescription[] {
  return rules.map(({ name, number, position, alternatives, otherwise }) => ({
    name,
    number,
    position,
    alternatives: alternatives.map(({ text, position }) => ({ text, position })),
    otherwise,
  }));
}
