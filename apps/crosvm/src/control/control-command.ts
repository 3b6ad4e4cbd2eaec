import type { CallOptions, ControlClient } from '@crosvm/vm-control';

import type { OptionSpec } from '../cli/option-group';
import type { OptionValues } from '../cli/option-values';

/** What came of a command. */
export interface Outcome {
  /** For machines. */
  readonly result: object;
  /** The same for people; it may have more than one line. */
  readonly text: string;
}

/** What a command does with one VM. */
export type Perform = (client: ControlClient, options: CallOptions) => Promise<Outcome>;

/** A command that talks to control sockets. */
export interface ControlCommand {
  /** What it does, for the list of commands. */
  readonly summary: string;
  /** What it does, a paragraph for its help text. */
  readonly text: string;
  /** Its arguments, which come before the sockets, as they are named in help texts. */
  readonly args: readonly string[];
  /** Whether it takes directories of sockets in place of sockets, and is about all that are in them. */
  readonly directories?: boolean;
  /** Options besides those that all have. */
  readonly options?: readonly OptionSpec[];
  /** A command line that uses it, and what for. */
  readonly example: readonly [string, string];
  /**
   * What is to be done.
   * @param args as many as `args` names
   * @param values of the options
   * @throws UsageError if they cannot be understood
   */
  read(args: readonly string[], values: OptionValues): Perform;
}
