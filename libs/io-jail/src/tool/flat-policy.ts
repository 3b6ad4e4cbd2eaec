import type { Policy, Refusal, Rule } from '../policy/policy';
import { positionText } from '../policy/policy-error';

/** How far to the right comments start. */
const WIDTH = 60;

function refusalText(refusal: Refusal): string {
  return refusal.kind === 'violation' ? 'kill' : `return ${refusal.errno}`;
}

function ruleText({ name, alternatives, otherwise }: Rule): string {
  if (alternatives.length === 0) {
    return `${name}: ${refusalText(otherwise)}`;
  }
  const terms = alternatives.map(({ text }) => text).join(' || ');
  return `${name}: ${terms}${otherwise.kind === 'violation' ? '' : `; ${refusalText(otherwise)}`}`;
}

/** The lines of a policy without includes: its calls by number, and where each comes from. */
export function flatPolicy({ arch, rules }: Policy): readonly string[] {
  const lines = rules.map(
    (rule) => `${ruleText(rule).padEnd(WIDTH)} # ${positionText(rule.position)}`,
  );
  return [`# ${arch}: ${rules.length} calls`, ...lines];
}
