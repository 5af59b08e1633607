import { ConfigError, loadConfig } from '../../src/config.js';

function refusalOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

const PRODUCTION = {
  NODE_ENV: 'production',
  SMTP_URL: 'smtp://mail.example.org',
  PUBLIC_URL: 'https://id.example.org',
};

test('nothing has to be set', () => {
  expect(loadConfig({})).toMatchObject({ port: 4000, host: '127.0.0.1' });
});

test.each([
  ['PORT', { PORT: 'http' }],
  ['PORT', { PORT: '65536' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'http://id.example.org' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'https://id.example.org/portal' }],
  ['PKI_URL', { PKI_URL: 'https://pki.example.org' }],
  ['TLS_CERT', { TLS_CERT: '/tmp/cert.pem' }],
  ['CLIENT_CA', { CLIENT_CA: '/nowhere/authorities.pem' }],
  ['CLIENT_CA', { CLIENT_CA: '/nowhere/authorities.pem', TRUSTED_PROXIES: '10.0.0.1' }],
  ['CLIENT_CA', { CLIENT_CA: __filename, TRUSTED_PROXIES: '10.0.0.1' }],
  ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: '*' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: 'proxy.example.org' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost' }],
  ['MASTER_KEY', { DATABASE_URL: 'postgres://localhost/signet' }],
  ['MASTER_KEY', { MASTER_KEY: 'too short' }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'short' }],
  ['ADMIN_EMAIL', { ADMIN_EMAIL: 'nobody' }],
  ['SMTP_URL', { ...PRODUCTION, SMTP_URL: '' }],
  ['PUBLIC_URL', { ...PRODUCTION, PUBLIC_URL: '' }],
  ['CA_KEY_ALGORITHM', { CA_KEY_ALGORITHM: 'RSA-1024' }],
  ['SESSION_IDLE_SECONDS', { SESSION_IDLE_SECONDS: '600', SESSION_MAX_SECONDS: '60' }],
  ['INTROSPECTION', { INTROSPECTION: 'maybe' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
])('%s is named where it cannot be used', (variable, environment) => {
  const message = refusalOf(environment);
  expect(message).toContain(variable);
  for (const value of Object.values(environment).filter((text) => text.length > 12)) {
    expect(message).not.toContain(value);
  }
});

test.each([
  { NODE_ENV: 'production' },
  { HOST: '0.0.0.0' },
  { PUBLIC_URL: 'https://id.example.org' },
  { TRUSTED_PROXIES: '10.0.0.1' },
  { SMTP_URL: 'smtp://mail.example.org' },
])('the mailbox is never shown with %j', (environment) => {
  expect(refusalOf({ MAILBOX: '1', ...environment })).toContain('MAILBOX');
});

test('the mailbox can be shown on this machine', () => {
  expect(loadConfig({ MAILBOX: '1' }).mail.mailbox).toBe(true);
});
