import type { OptionSpec } from './option-group';

/** An option as it was given. */
export interface GivenOption {
  /** Its long name. */
  readonly name: OptionSpec['name'];
  /** Empty for an option that takes none. */
  readonly value: string;
}

/** The options that were given on a command line. */
export class OptionValues {
  readonly #given: readonly GivenOption[];

  /** @param given in the order of the command line */
  constructor(given: readonly GivenOption[]) {
    this.#given = given;
  }

  /** All of them, in order. */
  get given(): readonly GivenOption[] {
    return this.#given;
  }

  /** The value of an option that may be given once, if it was given. */
  one(name: OptionSpec['name']): string | undefined {
    return this.all(name)[0];
  }

  /** The values of a repeatable option, in order. */
  all(name: OptionSpec['name']): readonly string[] {
    return this.among([name]).map(({ value }) => value);
  }

  /** What was given of several options, in the order of the command line. */
  among(names: readonly OptionSpec['name'][]): readonly GivenOption[] {
    return this.#given.filter(({ name }) => names.includes(name));
  }

  /** Whether an option was given. */
  has(name: OptionSpec['name']): boolean {
    return this.#given.some((option) => option.name === name);
  }
}
