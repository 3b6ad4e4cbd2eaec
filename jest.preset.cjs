'use strict';

/**
 * Jest settings of every package: TypeScript straight from `src` (types are checked by `typecheck`),
 * other packages of the workspace through their `@crosvm/source` export condition.
 */
module.exports = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@crosvm/source', 'node', 'require'] },
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': ['ts-jest', { tsconfig: `${__dirname}/tsconfig.jest.json`, diagnostics: false }],
  },
  moduleFileExtensions: ['ts', 'js', 'json'],
};
