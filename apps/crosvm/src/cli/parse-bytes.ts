import { parseInteger } from './integer';

/** More digits than a number of the command line may have are out of any range. */
const MAX_BYTES = 999_999_999_999_999;

const FACTORS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** What to say instead of `4G`. */
function inBytes(value: string): string | undefined {
  const [, digits, letter] = /^(\d{1,9})([kmgt])(?:i?b)?$/.exec(value.toLowerCase()) ?? [];
  const factor = letter === undefined ? undefined : FACTORS[letter];
  return factor === undefined ? undefined : `say ${BigInt(Number(digits)) * BigInt(factor)}`;
}

/**
 * A size on the command line, in bytes.
 * @param name what it is of, for messages
 * @throws UsageError if it is none
 */
export function parseBytes(value: string, name: string): number {
  return parseInteger(value, { name, least: 0, most: MAX_BYTES, unit: 'bytes', hint: inBytes });
}
