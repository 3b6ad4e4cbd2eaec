import type { OptionSpec } from '../cli/option-group';
import type { GivenOption } from '../cli/option-values';
import { propertyName } from './property-name';
import type { VmConfig } from './schema';

/** A value of a configuration, checked by the schema. */
type Value = string | number | boolean | { readonly [property: string]: Value | undefined };

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Only what has to be is quoted, so that a command line reads as one writes it. */
function valueText(value: Value): string {
  const text = typeof value === 'object' ? '' : String(value);
  return /^[^,"'\\]*$/.test(text) ? text : quoted(text);
}

/** What stands after the name of an option on a command line. */
function optionText({ keys = [], first }: OptionSpec, value: Value): string {
  if (typeof value !== 'object') {
    return first === undefined ? String(value) : valueText(value);
  }
  const all = first === undefined ? keys : [first, ...keys];
  return all
    .flatMap((key) => {
      const part = value[propertyName(key)];
      if (part === undefined) {
        return [];
      }
      return key === first ? [valueText(part)] : [`${key}=${valueText(part)}`];
    })
    .join(',');
}

function given(spec: OptionSpec, value: Value): readonly GivenOption[] {
  const { name } = spec;
  if (spec.value === undefined) {
    return value === true ? [{ name, value: '' }] : [];
  }
  return [{ name, value: optionText(spec, value) }];
}

/**
 * The options that say what a configuration says, in the order of its properties.
 * @param specs all options that there are
 */
export function givenOptions(config: VmConfig, specs: readonly OptionSpec[]): GivenOption[] {
  const known = new Map(specs.map((spec) => [propertyName(spec.name), spec]));
  return Object.entries(config).flatMap(([property, value]) => {
    const spec = known.get(property);
    if (spec === undefined) {
      return [];
    }
    const values = (Array.isArray(value) ? value : [value]) as readonly Value[];
    return values.flatMap((each) => given(spec, each));
  });
}

/**
 * The options of a configuration with those of a command line on top: what may be repeated comes after,
 * anything else in its place.
 */
export function onTop(
  config: readonly GivenOption[],
  commandLine: readonly GivenOption[],
  specs: readonly OptionSpec[],
): GivenOption[] {
  const slotOf = (option: GivenOption): string | undefined => {
    const spec = specs.find(({ name }) => name === option.name);
    return spec?.slot ?? (spec?.repeatable === true ? undefined : option.name);
  };
  const taken = new Set(commandLine.map(slotOf));
  const kept = config.filter((option) => {
    const slot = slotOf(option);
    return slot === undefined || !taken.has(slot);
  });
  return [...kept, ...commandLine];
}
