const { maxWorkers, projects, workerIdleMemoryLimit } = require('./jest.config.cjs');

/** What takes minutes: `npm run test:long`. The kinds of the other tests, each in a folder of its own. */
module.exports = {
  maxWorkers,
  workerIdleMemoryLimit,
  projects: projects
    .filter(({ displayName }) => displayName === 'integration' || displayName === 'e2e')
    .map(({ displayName, ...project }) => ({
      ...project,
      displayName: `long ${displayName}`,
      testMatch: [`<rootDir>/test/long/${displayName}/**/*.test.ts`],
    })),
};
