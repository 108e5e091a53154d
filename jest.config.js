export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.js' },
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/build/', '/dist/', '<rootDir>/examples/'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '/dist/'],
  testTimeout: 60_000,
  // Most tests wait for children and servers, so no core is kept free.
  maxWorkers: '100%',
}
