import { quote } from './quote';
import { suggest } from './suggest';
import { UsageError } from './usage-error';

/** How an option of `key=value` pairs is written. */
export interface KeyValueRule {
  /** The option, for messages: `--serial`. */
  readonly option: string;
  readonly keys: readonly string[];
  /** Whether other keys are taken, too: somebody else knows what they mean. */
  readonly others?: boolean;
  /** What the value is called that comes first, without a key: `path` for `PATH,key=value`. */
  readonly first?: string;
}

const PAIR_SEPARATOR = ',';

/**
 * Reads `key=value,key,key="a, quoted value"`, or with a rule that says so `"a value",key=value`.
 * A value may be put in single or double quotes and then contain commas; a backslash in quotes takes
 * the character after it as it is. A key without `=` has no value (undefined).
 * @throws UsageError for unknown keys, keys given twice, empty keys, and quotes that do not end
 */
export function parseKeyValues(
  text: string,
  rule: KeyValueRule,
): ReadonlyMap<string, string | undefined> {
  const pairs = new Map<string, string | undefined>();
  let at = 0;
  if (rule.first !== undefined) {
    const { value, end } = readValue(text, at, rule);
    pairs.set(rule.first, value);
    at = end + PAIR_SEPARATOR.length;
  }
  // A separator at the very end announces one more key.
  while (at <= text.length) {
    const name = /^[^,=]*/.exec(text.slice(at))?.[0] ?? '';
    checkKey(name, pairs, rule);
    at += name.length;
    if (text[at] === '=') {
      const { value, end } = readValue(text, at + 1, rule);
      pairs.set(name, value);
      at = end;
    } else {
      pairs.set(name, undefined);
    }
    at += PAIR_SEPARATOR.length;
  }
  return pairs;
}

/**
 * The value of a key that switches something: `key`, `key=true`, `key=false`.
 * @throws UsageError for anything else
 */
export function parseSwitch(
  pairs: ReadonlyMap<string, string | undefined>,
  key: string,
  { option }: KeyValueRule,
): boolean {
  const value = pairs.get(key) ?? (pairs.has(key) ? 'true' : 'false');
  if (value !== 'true' && value !== 'false') {
    throw new UsageError(`${option}: ${key} must be true or false, not ${quote(value)}`);
  }
  return value === 'true';
}

function checkKey(
  name: string,
  pairs: ReadonlyMap<string, unknown>,
  { option, keys, others = false }: KeyValueRule,
): void {
  if (name === '') {
    throw new UsageError(`${option}: a key is missing`, {
      hint: `its keys are ${keys.join(', ')}`,
    });
  }
  if (!others && !keys.includes(name)) {
    const meant = suggest(name, keys);
    throw new UsageError(`${option}: unknown key ${quote(name)}`, {
      hint: meant === undefined ? `its keys are ${keys.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  if (pairs.has(name)) {
    throw new UsageError(`${option}: ${name} is given twice`);
  }
}

/** The value at `start`, and the index of the separator or the end of the text after it. */
function readValue(
  text: string,
  start: number,
  { option }: KeyValueRule,
): { readonly value: string; readonly end: number } {
  const mark = text[start];
  if (mark !== '"' && mark !== "'") {
    const comma = text.indexOf(PAIR_SEPARATOR, start);
    const end = comma < 0 ? text.length : comma;
    return { value: text.slice(start, end), end };
  }
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === mark) {
      if (at + 1 < text.length && text[at + 1] !== PAIR_SEPARATOR) {
        throw new UsageError(`${option}: there is more after the closing quote of ${quote(value)}`);
      }
      return { value, end: at + 1 };
    }
    at += text[at] === '\\' ? 1 : 0;
    value += text[at] ?? '';
  }
  throw new UsageError(`${option}: the quote before ${quote(value)} does not end`);
}
