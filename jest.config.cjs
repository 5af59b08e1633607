const { existsSync } = require('node:fs');

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const hasChromium = existsSync(chromium);
const isSelection = process.argv.includes('--selectProjects');
const advice = `no Chromium at ${chromium}. On Debian: apt-get install chromium; elsewhere set CHROMIUM_PATH.`;

if (!hasChromium && !isSelection) {
  if (process.env.CI === 'true') throw new Error(`The browser tests cannot run: ${advice}`);
  process.stderr.write(`The browser tests are left out: ${advice}\n`);
}

const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.[mc]?[jt]sx?$': ['@swc/jest'] },
  transformIgnorePatterns: ['/node_modules/(?!(?:jose|oauth4webapi|oidc-provider|openid-client)/)'],
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

const withDatabase = {
  ...common,
  globalSetup: '<rootDir>/test/helpers/global-setup.ts',
  globalTeardown: '<rootDir>/test/helpers/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/helpers/patience.ts'],
};

const unit = { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] };
const integration = {
  ...withDatabase,
  displayName: 'integration',
  testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
};
const e2e = {
  ...withDatabase,
  displayName: 'e2e',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
};

// Jest leaves one core free, of two: half of the machine.
module.exports = {
  maxWorkers: '100%',
  projects: [unit, integration, ...(hasChromium ? [e2e] : [])],
};
