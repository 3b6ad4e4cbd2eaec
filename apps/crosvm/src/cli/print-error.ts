import { inspect } from 'node:util';

import { errorHint, errorText } from './error-text';
import { UsageError } from './usage-error';

/** Exit status after a command line that cannot be understood. */
const EXIT_USAGE = 2;

/** Exit status after any other error. */
export const EXIT_FAILURE = 1;

/** How an error is told. */
export interface PrintErrorOptions {
  /** With the stacks; by default if the environment has CROSVM_BACKTRACE=1. */
  readonly backtrace?: boolean;
  /** Where to; by default the standard error. */
  readonly write?: (text: string) => void;
}

/** Tells the user of an error: one line, a line for the hint if there is one, stacks only if asked. */
export function printError(error: unknown, options: PrintErrorOptions = {}): void {
  const { backtrace = process.env.CROSVM_BACKTRACE === '1', write = writeStderr } = options;
  const hint = errorHint(error);
  const lines = [
    `crosvm: ${errorText(error)}`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    ...(backtrace ? [inspect(error)] : []),
  ];
  write(`${lines.join('\n')}\n`);
}

/** Where nobody can be told, the exit status tells. */
function writeStderr(text: string): void {
  process.stderr.once('error', () => undefined);
  process.stderr.write(text);
}

/** The exit status of the process after an error: 2 for usage, else 1. */
export function errorExitStatus(error: unknown): number {
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}
