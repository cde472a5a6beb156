const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Workspace packages resolve to their source, so a test never runs against a stale build.
  testEnvironmentOptions: { customExportConditions: ['@turnlog/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/'],
};

export default {
  // Twice the number of cores: most of these tests wait for servers, not for a processor.
  maxWorkers: 4,
  testSequencer: '<rootDir>/scripts/slow-first-sequencer.mjs',
  // Servers are slow on a busy machine, and a test that hangs reports what it waits for long before. Jest
  // applies this to all projects or none.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{packages,services,proof}/*/src/**/*.test.ts',
        '<rootDir>/scripts/**/*.test.mjs',
      ],
      testPathIgnorePatterns: ['\\.integration\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/{packages,services,proof}/*/src/**/*.integration.test.ts'],
      globalSetup: '<rootDir>/scripts/test-servers-up.mjs',
      globalTeardown: '<rootDir>/scripts/test-servers-down.mjs',
    },
  ],
};
