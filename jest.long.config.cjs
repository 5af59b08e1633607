const { projects } = require('./jest.config.cjs');

/** What takes minutes: `npm run test:long`. As the integration tests, in a folder of its own. */
const integration = projects.find(({ displayName }) => displayName === 'integration');

module.exports = {
  projects: [
    { ...integration, displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  ],
};
