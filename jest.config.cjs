'use strict';

/** Every unit and kvm test of the workspace in one run. End-to-end tests have a config of their own. */
module.exports = {
  // For what got stuck: a busy machine is not a failure.
  testTimeout: 60_000,
  projects: [
    '<rootDir>/libs/*/jest.config.cjs',
    '<rootDir>/apps/*/jest.config.cjs',
    '<rootDir>/tools/*/jest.config.cjs',
  ],
};
