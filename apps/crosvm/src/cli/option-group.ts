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
  /** Options of the same slot, of which there may be one: on top of a configuration file it is replaced. */
  readonly slot?: string;
  /** What its value may be, where that is one of a few words. */
  readonly choices?: readonly string[];
  /** The keys of its value, where that is `key=value,...`. */
  readonly keys?: readonly string[];
  /** The key that comes first and is not written: `path` of `PATH,key=value`. */
  readonly first?: string;
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
