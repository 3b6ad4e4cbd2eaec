import type { OptionValues } from './option-values';

/** One option of the command line. */
export interface OptionSpec {
  /** The long name, without dashes. */
  readonly name: string;
  /** A name of one letter, without the dash. */
  readonly short?: string;
  /** What stands for the value in help texts; an option without it takes no value. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  /** One sentence or two for the help text, with the default. */
  readonly help: string;
}

/**
 * Options that belong together: told in one part of the help text, read into one part of the
 * configuration. A new kind of option is a new group, added where the command lists its groups.
 */
export interface OptionGroup<Result> {
  readonly title: string;
  readonly options: readonly OptionSpec[];
  /**
   * What the options say, checked.
   * @throws UsageError
   */
  read(values: OptionValues): Result;
}
