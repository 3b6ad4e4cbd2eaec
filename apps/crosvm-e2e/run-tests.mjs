// Runs the end-to-end tests: node run-tests.mjs RESULTS.json JEST_ARGUMENT...
//
// On an emulated host, files of tests whose every failure came with a VM that the emulator broke (see "The
// emulated host" in the README) run once more, and their second results count. The output says which.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

const BROKEN_GUEST = 'KVM_EXIT_SHUTDOWN';

const [results, ...args] = process.argv.slice(2);
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const isEmulated = readFileSync('/proc/cpuinfo', 'latin1').includes('QEMU TCG CPU');

function run(extra) {
  const all = [jest, ...args, ...extra, '--json', `--outputFile=${results}`];
  return spawnSync(process.execPath, all, { stdio: ['inherit', 'inherit', 'inherit'] }).status ?? 1;
}

function read() {
  return JSON.parse(readFileSync(results, 'utf8'));
}

let status = run([]);
if (status === 1 && isEmulated) {
  const first = read();
  const failed = first.testResults.filter((file) => file.status === 'failed');
  if (failed.length > 0 && failed.every((file) => JSON.stringify(file).includes(BROKEN_GUEST))) {
    const names = failed.map(({ name }) => name);
    console.error(
      `note: the emulated host broke a guest: once more ${names.map((name) => basename(name))}`,
    );
    status = run(['--runTestsByPath', ...names]);
    const second = read();
    const kept = first.testResults.filter(({ name }) => !names.includes(name));
    writeFileSync(
      results,
      JSON.stringify({ ...second, testResults: [...kept, ...second.testResults] }),
    );
  }
}
process.exitCode = status;
