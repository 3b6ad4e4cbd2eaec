import { BROKEN_GUEST } from '../harness/broken-guest';

/** What we need of jest's result of one file. */
export interface FileResult {
  /** The file's path. */
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly unknown[];
}

/** What we need of jest's result of a run, as live-reporter.cjs writes it. */
export interface RunResult {
  readonly testResults: readonly FileResult[];
}

/** Are all that failed in this file tests whose VM the emulator may have broken? */
function isByBrokenGuest({ status, assertionResults }: FileResult): boolean {
  const failed = assertionResults.filter(isFailed);
  return status === 'failed' && failed.length > 0 && failed.every(namesBrokenGuest);
}

/** The files of a run that ended early whose results stand: all but those that a broken guest may have failed. */
export function settledFiles({ testResults }: RunResult): readonly FileResult[] {
  return testResults.filter((file) => !isByBrokenGuest(file));
}

/** The files that deserve a second run: none when any file failed for another reason. */
export function filesToRepeat({ testResults }: RunResult): readonly FileResult[] {
  const failed = testResults.filter(({ status }) => status === 'failed');
  return failed.every(isByBrokenGuest) ? failed : [];
}

/** `later` with what `earlier` has of other files. */
export function merged(earlier: readonly FileResult[], later: RunResult): RunResult {
  const names = new Set(later.testResults.map(({ name }) => name));
  return {
    ...later,
    testResults: [...earlier.filter(({ name }) => !names.has(name)), ...later.testResults],
  };
}

function isFailed(assertion: unknown): boolean {
  return (assertion as { status?: unknown }).status === 'failed';
}

function namesBrokenGuest(assertion: unknown): boolean {
  return JSON.stringify(assertion).includes(BROKEN_GUEST);
}
