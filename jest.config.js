export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.js' },
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/build/', '/dist/', '<rootDir>/examples/', '<rootDir>/.stryker/'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/.stryker/', '/dist/'],
  testTimeout: 60_000,
  // Most tests wait for children and servers, so no core is kept free.
  maxWorkers: '100%',
}
