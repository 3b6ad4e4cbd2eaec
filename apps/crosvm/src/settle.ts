import { EXIT_FAILURE, printError } from './cli/print-error';

/** What of `process` decides about the exit status. */
export type ExitingProcess = Pick<NodeJS.Process, 'exitCode' | 'once' | 'off'>;

/**
 * Runs the program, and has the process end with the status that it comes to. A program that waits for
 * what cannot happen any more ends, too, when nothing is left to do: that is told, and is a failure.
 */
export async function settle(
  program: () => Promise<number>,
  process: ExitingProcess = globalThis.process,
): Promise<void> {
  const onIdle = (): void => printError(new StalledError());
  process.exitCode = EXIT_FAILURE;
  process.once('beforeExit', onIdle);
  try {
    process.exitCode = await program();
  } finally {
    process.off('beforeExit', onIdle);
  }
}

/** A part of crosvm waits for another one that has gone. */
class StalledError extends Error {
  override readonly message =
    'internal error: crosvm came to no end, and nothing is left to wait for';
  readonly hint = 'this is a bug in crosvm; please report it with the command line';
}
