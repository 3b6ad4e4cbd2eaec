/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** One line of the report: ours against a peer that was measured in turn with it. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  /** The peer's name, and its values in the order of ours. */
  readonly peer: string;
  readonly theirs: readonly number[];
  /** The last ratio of ours to the peer's that is within the budget. */
  readonly budget: number;
  /** Which values are good: small ones such as times, by default, or large ones such as rates. */
  readonly better?: 'less' | 'more';
}

/** The median of the pair by pair ratios: what drifts over time hits both of a pair. */
export function ratio({ ours, theirs }: Comparison): number {
  return median(ours.map((value, index) => value / (theirs[index] ?? NaN)));
}

/** The median of some values, with the least and the most of them. */
export function figure(values: readonly number[]): string {
  const digits = median(values) < 100 ? 2 : 0;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** Whether it is not behind. */
export function isWithinBudget(comparison: Comparison): boolean {
  const { budget, better = 'less' } = comparison;
  return better === 'less' ? ratio(comparison) <= budget : ratio(comparison) >= budget;
}

/** A comparison as a line of text, which says so where it is behind its budget. */
export function comparisonText(comparison: Comparison): string {
  const { what, unit, ours, peer, theirs, budget } = comparison;
  const times = ratio(comparison);
  const isWithin = isWithinBudget(comparison);
  return (
    `${what}: crosvm ${figure(ours)} ${unit}, ${peer} ${figure(theirs)} ${unit}: ` +
    `${times.toFixed(2)} x, ${isWithin ? 'within' : 'BEHIND'} the budget of ${budget.toFixed(2)} x`
  );
}
