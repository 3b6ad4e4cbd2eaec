'use strict';

const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

/**
 * Tells of each test when it is done: jest's own reporters wait for the end of its file. The results of all files
 * that are done, as `jest --json` has them, are in the file CROSVM_E2E_RESULTS: the host may die before the end.
 */
module.exports = class LiveReporter {
  #root;
  #lastFailure = '';

  constructor({ rootDir }) {
    this.#root = rootDir;
  }

  onTestFileStart({ path }) {
    console.log(`-- ${relative(this.#root, path)}`);
  }

  onTestCaseResult(_, { status, fullName, duration, failureMessages }) {
    const sign = status === 'passed' ? 'ok  ' : 'FAIL';
    console.log(`${sign} ${fullName} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
    failureMessages.forEach((message) => this.#tell(message));
  }

  onTestFileResult(_, { testResults, testExecError, failureMessage }, soFar) {
    writeFileSync(process.env.CROSVM_E2E_RESULTS, JSON.stringify(asJson(soFar)));
    for (const { status, fullName } of testResults) {
      if (status !== 'passed' && status !== 'failed') {
        console.log(`skip ${fullName}`);
      }
    }
    if (testExecError !== undefined && testExecError !== null) {
      console.log('FAIL the file as a whole');
      this.#tell(failureMessage ?? '');
    }
  }

  /** What fails before all tests of a group is a failure of each. */
  #tell(message) {
    const text = message === this.#lastFailure ? 'as the one before' : message;
    this.#lastFailure = message;
    console.log(text.replace(/^/gm, '     '));
  }
};

/** What of jest's JSON is made use of. */
function asJson({ testResults }) {
  return {
    testResults: testResults.map((file) => ({
      name: file.testFilePath,
      status: file.testExecError || file.numFailingTests > 0 ? 'failed' : 'passed',
      message: file.failureMessage ?? '',
      assertionResults: file.testResults,
    })),
  };
}
