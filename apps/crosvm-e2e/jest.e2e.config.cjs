'use strict';

/** The end-to-end tests, bundled by build.mjs: nothing is compiled when they run. See tools/e2e. */
module.exports = {
  displayName: 'e2e',
  rootDir: `${__dirname}/dist`,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/*.e2e.js'],
  setupFilesAfterEnv: ['<rootDir>/nothing-left.setup.js'],
  transform: {},
  moduleFileExtensions: ['js', 'json'],
  watchman: false,
  reporters: ['<rootDir>/../live-reporter.cjs', ['summary', { summaryThreshold: 1000 }]],
  // Every wait of the tests has a limit that suits the machine; this is for a mistake in one.
  testTimeout: 900_000,
};
