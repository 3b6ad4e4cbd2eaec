/*
 * Runs the end-to-end tests: node dist/run-tests.js RESULTS.json JEST_ARGUMENT...
 *
 * On an emulated host, files of tests whose every failure came with a VM that the emulator broke (see "The
 * emulated host" in the README) run once more, and their second results count. The output says which.
 * When RESULTS.json holds what a host that died has left, its files do not run again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

import { HOST_KIND } from '../harness/host';
import { filesToRepeat, merged, type RunResult, settledFiles } from './outcome';

const [results, ...jestArguments] = process.argv.slice(2);
if (results === undefined) {
  throw new Error('usage: run-tests RESULTS.json JEST_ARGUMENT...');
}
process.exitCode = runAll(results);

function runAll(file: string): number {
  const earlier = existsSync(file) ? settledFiles(read(file)) : [];
  const exclusions = earlier.flatMap(({ name }) => [
    '--testPathIgnorePatterns',
    `/${basename(name)}$`,
  ]);
  runJest(file, exclusions);
  let outcome = merged(earlier, read(file));
  const again = HOST_KIND === 'emulated' ? filesToRepeat(outcome) : [];
  if (again.length > 0) {
    const names = again.map(({ name }) => name);
    console.error(
      `note: the emulated host broke a guest: once more ${names.map((name) => basename(name)).join(' ')}`,
    );
    runJest(file, ['--runTestsByPath', ...names]);
    outcome = merged(outcome.testResults, read(file));
  }
  writeFileSync(file, JSON.stringify(outcome));
  const isGreen = outcome.testResults.every(({ status }) => status !== 'failed');
  return isGreen ? 0 : 1;
}

/** The results are in `file` afterwards, those of files that are done also before: live-reporter.cjs writes them. */
function runJest(file: string, more: readonly string[]): void {
  const jest = createRequire(__filename).resolve('jest/bin/jest');
  const { error, signal } = spawnSync(process.execPath, [jest, ...jestArguments, ...more], {
    stdio: 'inherit',
    env: { ...process.env, CROSVM_E2E_RESULTS: file },
  });
  if (error !== undefined || signal !== null) {
    throw new Error(
      `the tests cannot be run: ${error?.message ?? `jest was ended by ${String(signal)}`}`,
    );
  }
}

function read(file: string): RunResult {
  return JSON.parse(readFileSync(file, 'utf8')) as RunResult;
}
