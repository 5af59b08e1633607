const { projects } = require('./jest.config.cjs');

/** The unit tests of access alone, with fewer cases of each property: see `stryker.config.mjs`. */
process.env.PROPERTY_SHARE ??= '0.02';
const { displayName: _, ...unit } = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  testMatch: [
    'conditions',
    'explain',
    'judge',
    'judge.property',
    'network',
    'resource-path',
    'time-window',
    'validity.property',
  ].map((name) => `<rootDir>/test/unit/access/${name}.test.ts`),
};
