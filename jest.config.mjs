// One transform and one mapping for all tests; `./enishi test [unit|it|charts|e2e]` picks the project.
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // The libs' sources stand for their packages, so that a test never runs a stale build.
  moduleNameMapper: { '^@enishi/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/.enishi', '/dist/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

/** @type {import('jest').Config} */
export default {
  // Real servers on a busy machine: what waits, waits for a fact, and says itself when it gives up.
  testTimeout: 60_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{libs,services,clients,examples,deploy}/*/src/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'it',
      testMatch: ['<rootDir>/{libs,services,clients,examples,deploy}/*/test/**/*.it.spec.ts'],
      globalSetup: '<rootDir>/libs/testing/dist/global-setup.js',
      globalTeardown: '<rootDir>/libs/testing/dist/global-teardown.js',
    },
    {
      ...shared,
      displayName: 'charts',
      testMatch: ['<rootDir>/tests/charts/**/*.spec.ts'],
      globalSetup: '<rootDir>/deploy/local/dist/charts/global-setup.js',
    },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/tests/e2e/**/*.spec.ts'] },
  ],
};
