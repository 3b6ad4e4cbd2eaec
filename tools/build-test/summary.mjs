// Adds up what the steps of build_test reported and prints the failed and skipped tests by name.
// Arguments: jest's JSON results, and lines `ok NAME` or `failed NAME` of other checks in *.txt.
// The last line printed is `N passed, N failed, N skipped`; exit status 1 if anything failed.
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
const failed = [];
const skipped = [];

function addJest(file) {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  for (const suite of testResults) {
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      failed.push(`${suite.name}: did not run: ${suite.message.split('\n', 1)[0]}`);
    }
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') {
        passed += 1;
      } else {
        (status === 'failed' ? failed : skipped).push(fullName);
      }
    }
  }
}

function addChecks(file) {
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [, status, name] = /^(\w+) (.*)$/.exec(line);
    if (status === 'ok') {
      passed += 1;
    } else {
      (status === 'failed' ? failed : skipped).push(name);
    }
  }
}

for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    failed.push(`no results in ${file}`);
  } else if (file.endsWith('.json')) {
    addJest(file);
  } else {
    addChecks(file);
  }
}
for (const name of skipped) {
  console.log(`skipped: ${name}`);
}
for (const name of failed) {
  console.log(`failed: ${name}`);
}
console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exitCode = failed.length === 0 ? 0 : 1;
