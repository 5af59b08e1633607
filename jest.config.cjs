const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { delimiter, join } = require('node:path');

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const isSelection = process.argv.includes('--selectProjects');

/** Debian's package of each program that Signet is held against. */
const PROGRAMS = {
  certtool: 'gnutls-bin',
  curl: 'curl',
  openssl: 'openssl',
  pdftoppm: 'poppler-utils',
  pki: 'strongswan-pki',
  'softhsm2-util': 'softhsm2',
  vfychain: 'libnss3-tools',
};
const isInstalled = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
/** Signed mails are held against dkimpy, which is a library. */
const hasDkimpy = () =>
  spawnSync('/usr/bin/python3', ['-c', 'import dkim'], { stdio: 'ignore' }).status === 0;
const packages = [
  ...Object.keys(PROGRAMS)
    .filter((program) => !isInstalled(program))
    .map((program) => PROGRAMS[program]),
  ...(hasDkimpy() ? [] : ['python3-dkim']),
];

/** What a kind of test lacks here, with how to get it; undefined where it can run. */
const LACKS = {
  e2e: existsSync(chromium)
    ? undefined
    : `no Chromium at ${chromium}. On Debian: apt-get install chromium; elsewhere set CHROMIUM_PATH.`,
  interop: whatInteropLacks(),
};

function whatInteropLacks() {
  if (packages.length > 0)
    return `programs are missing. On Debian: apt-get install ${packages.join(' ')}.`;
  if (!existsSync(join(__dirname, 'node_modules/pkcs11js/build/Release/pkcs11.node')))
    return 'pkcs11js is not compiled. On Debian: apt-get install g++ make python3 && npm rebuild pkcs11js.';
  return undefined;
}

for (const [kind, lack] of Object.entries(LACKS)) {
  if (lack === undefined || isSelection) continue;
  if (process.env.CI === 'true') throw new Error(`The tests of ${kind} cannot run: ${lack}`);
  process.stderr.write(`The tests of ${kind} are left out: ${lack}\n`);
}

const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.[mc]?[jt]sx?$': ['@swc/jest'] },
  transformIgnorePatterns: ['/node_modules/(?!(?:jose|oauth4webapi|oidc-provider|openid-client)/)'],
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFilesAfterEnv: ['<rootDir>/test/helpers/patience.ts'],
};

const withDatabase = (kind) => ({
  ...common,
  globalSetup: '<rootDir>/test/helpers/global-setup.ts',
  globalTeardown: '<rootDir>/test/helpers/global-teardown.ts',
  displayName: kind,
  testMatch: [`<rootDir>/test/${kind}/**/*.test.ts`],
});

const projects = [
  { ...common, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
  ...['integration', 'interop', 'e2e'].map(withDatabase),
];

module.exports = {
  maxWorkers: '100%', // Jest leaves one core free, of two: half of the machine
  workerIdleMemoryLimit: '1GB', // each file leaves something behind in its worker, and the last of them wait for its collector
  projects: projects.filter(({ displayName }) => LACKS[displayName] === undefined),
};
