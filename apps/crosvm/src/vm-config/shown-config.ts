import * as v from 'valibot';

import { parseKeyValues } from '../cli/key-values';
import type { OptionSpec } from '../cli/option-group';
import type { OptionValues } from '../cli/option-values';
import { propertyName } from './property-name';
import { type VmConfig, vmConfigSchema } from './schema';

type Accepts = (value: unknown) => boolean;

/** A text of the command line as whatever the schema takes in its place. */
function typed(text: string | undefined, accepts: Accepts): unknown {
  const candidates = [
    ...(text === undefined || text === 'true' ? [true] : []),
    ...(text === 'false' ? [false] : []),
    ...(text !== undefined && /^\d+$/.test(text) ? [Number(text)] : []),
  ];
  return candidates.find(accepts) ?? text;
}

function typedKeys(text: string, spec: OptionSpec, accepts: Accepts): unknown {
  const { name, keys = [], first } = spec;
  const rule = { option: `--${name}`, keys, ...(first !== undefined && { first }) };
  let value: Readonly<Record<string, unknown>> = {};
  for (const [key, part] of parseKeyValues(text, rule)) {
    const so = value;
    const property = propertyName(key);
    value = { ...so, [property]: typed(part, (one) => accepts({ ...so, [property]: one })) };
  }
  return value;
}

/** Options of a command line as a configuration that says the same. */
export function shownConfig(values: OptionValues, specs: readonly OptionSpec[]): VmConfig {
  const config: Record<string, unknown> = {};
  for (const { name, value } of values.given) {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      continue;
    }
    const property = propertyName(name) as keyof VmConfig;
    const accepts: Accepts = (one) => v.is(vmConfigSchema.entries[property], one);
    const plain = spec.value === undefined ? true : typed(value, accepts);
    const one = spec.keys === undefined ? plain : typedKeys(value, spec, accepts);
    const isList = spec.repeatable === true && spec.slot === undefined;
    const before = (config[property] ?? []) as readonly unknown[];
    config[property] = isList ? [...before, one] : one;
  }
  return config;
}
