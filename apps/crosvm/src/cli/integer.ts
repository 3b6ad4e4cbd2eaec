import { quote } from './quote';
import { UsageError } from './usage-error';

/** What a number on the command line may be. */
export interface IntegerRule {
  /** What the number is of, for messages: `--mem`, `--serial: num`. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** What is counted, such as `MiB`. */
  readonly unit?: string;
  /** What the user can do, when a value that is no number calls for more than the range. */
  readonly hint?: (value: string) => string | undefined;
}

/**
 * A whole decimal number in a range.
 * @throws UsageError for anything else
 */
export function parseInteger(value: string, rule: IntegerRule): number {
  const { name, least, most, unit } = rule;
  // Longer ones are out of any range and would lose digits on the way.
  const number = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  if (number === undefined && !/^\d+$/.test(value)) {
    const what = unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
    const hint = rule.hint?.(value);
    throw new UsageError(
      `${name} must be ${what}, not ${quote(value)}`,
      hint === undefined ? {} : { hint },
    );
  }
  if (number === undefined || number < least || number > most) {
    const units = unit === undefined ? '' : ` ${unit}`;
    throw new UsageError(`${name} must be from ${least} to ${most}${units}, not ${quote(value)}`);
  }
  return number;
}
