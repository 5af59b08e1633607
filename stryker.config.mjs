/**
 * Mutation of what decides: `npm run test:mutation`. Every change of an operator, a condition or a constant in these files has to
 * make a unit test fail. The properties run with fewer cases than in the usual tests, as they run for hundreds of mutants.
 */
export default {
  testRunner: 'jest',
  jest: { configFile: 'jest.mutation.config.cjs' },
  coverageAnalysis: 'perTest',
  mutate: [
    'judge.ts',
    'requirements.ts',
    'conditions.ts',
    'resource-path.ts',
    'network.ts',
    'time-window.ts',
  ].map((file) => `src/features/access/judge/${file}`),
  thresholds: { high: 100, low: 100, break: 100 },
  concurrency: 2,
  timeoutMS: 15_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { logTests: false, reportTests: false },
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['data', 'dist', 'docs', 'bench', 'test/e2e', 'test/integration', 'src/web'],
};
