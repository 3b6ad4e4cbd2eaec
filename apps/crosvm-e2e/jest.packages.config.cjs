'use strict';

/** The test of the packages as npm gets them. It needs the network of this machine alone. */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'packages',
  rootDir: __dirname,
  testMatch: ['<rootDir>/src/packages/*.packages.ts'],
  watchman: false,
  // Everything is built, published and installed first.
  testTimeout: 900_000,
};
