const { projects } = require('./jest.config.cjs');

/** The unit tests of access alone, with few cases of each property, the same in each run: see `stryker.config.mjs`. */
process.env.PROPERTY_SHARE ??= '0.02';
const { displayName: _, ...unit } = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  roots: ['src/features/access', 'src/kernel', 'test/unit/access'].map(
    (folder) => `<rootDir>/${folder}`,
  ),
  testMatch: [
    'explain',
    'judge',
    'judge.property',
    'network',
    'resource-path',
    'time-window',
    'validity',
  ].map((name) => `<rootDir>/test/unit/access/judge/${name}.test.ts`),
};
