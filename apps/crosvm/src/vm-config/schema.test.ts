import * as v from 'valibot';

import { VM_OPTIONS } from '../cli/parse-run';
import { propertyName } from './property-name';
import { vmConfigSchema } from './schema';

const entries = vmConfigSchema.entries as Readonly<Record<string, v.GenericSchema>>;
const takes = (property: string, value: unknown): boolean =>
  entries[property] !== undefined && v.is(entries[property], value);

/** Not options: the kernel is an argument. */
const OTHERS = ['$schema', 'kernel'];

describe('the schema of configurations', () => {
  it('has every option of crosvm run, and no other', () => {
    const options = VM_OPTIONS.map(({ name }) => propertyName(name));
    expect(Object.keys(entries).sort()).toEqual([...options, ...OTHERS].sort());
  });

  const repeatable = VM_OPTIONS.filter((option) => option.repeatable && option.slot === undefined);
  it.each(repeatable.map(({ name }) => name))('takes several of --%s', (name) => {
    expect(takes(propertyName(name), [])).toBe(true);
  });

  const single = VM_OPTIONS.filter((option) => !repeatable.includes(option));
  it.each(single.map(({ name }) => name))('takes one --%s', (name) => {
    expect(takes(propertyName(name), [])).toBe(false);
  });

  const switches = VM_OPTIONS.filter(({ value }) => value === undefined);
  it.each(switches.map(({ name }) => name))('takes true and false for --%s', (name) => {
    expect([true, false, 'true', 1].map((value) => takes(propertyName(name), value))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  const keyed = VM_OPTIONS.filter(({ keys }) => keys !== undefined);
  it.each(keyed.map((option) => [option.name, option] as const))(
    'takes every key of --%s, and no other',
    (name, { keys = [], first, choices: [choice = 'a'] = [] }) => {
      const required = first === undefined ? {} : { [first]: choice };
      const candidates = ['a', 1, true, 'stdout', 'raw'];
      const isKey = (key: string): boolean =>
        candidates.some((value) =>
          takes(propertyName(name), { ...required, [propertyName(key)]: value }),
        );

      expect(keys.filter(isKey)).toEqual(keys);
      expect(isKey('no_key')).toBe(false);
    },
  );

  it.each(
    VM_OPTIONS.filter(({ value = '' }) => value.includes('KEYS')).map(({ name, keys }) => [
      name,
      keys,
    ]),
  )('knows the keys of --%s', (_, keys) => {
    expect(keys).toBeDefined();
  });

  const chosen = VM_OPTIONS.filter(({ choices }) => choices !== undefined);
  it.each(chosen.map((option) => [option.name, option] as const))(
    'takes the words of --%s, and no other',
    (name, { choices = [] }) => {
      expect(choices.filter((word) => takes(propertyName(name), word))).toEqual(choices);
      expect(takes(propertyName(name), 'no-choice')).toBe(false);
    },
  );
});
