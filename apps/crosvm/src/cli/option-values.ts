import type { OptionSpec } from './option-group';

/** The options that were given on a command line, by long name. */
export class OptionValues {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** The value of an option that may be given once, if it was given. */
  one(name: OptionSpec['name']): string | undefined {
    return this.all(name)[0];
  }

  /** The values of a repeatable option, in order. */
  all(name: OptionSpec['name']): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Whether an option was given. */
  has(name: OptionSpec['name']): boolean {
    return this.#values.has(name);
  }
}
