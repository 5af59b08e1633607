import { loadConfig } from '../../src/config.js';
import { ConfigError } from '../../src/environment.js';

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

/** With what the server itself would use. */
function ownedBy(databaseUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    MIGRATION_DATABASE_URL: 'postgres://owner@localhost/other',
    MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
  };
}

test.each([
  ['PORT', { PORT: 'http' }],
  ['PORT', { PORT: '65536' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'http://id.example.org' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'https://id.example.org/portal' }],
  ['PKI_URL', { PKI_URL: 'https://pki.example.org' }],
  ['PKI_PORT', { PKI_PORT: '0' }],
  ['PKI_PORT', { PKI_PORT: '4000' }],
  ['TLS_CERT', { TLS_CERT: '/tmp/cert.pem' }],
  ['CLIENT_CA', { CLIENT_CA: '/nowhere/authorities.pem' }],
  ['CLIENT_CA', { CLIENT_CA: '/nowhere/authorities.pem', TRUSTED_PROXIES: '10.0.0.1' }],
  ['CLIENT_CA', { CLIENT_CA: __filename, TRUSTED_PROXIES: '10.0.0.1' }],
  ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: '*' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: 'proxy.example.org' }],
  ['WEBHOOK_ALLOWED_NETWORKS', { WEBHOOK_ALLOWED_NETWORKS: 'hooks.example.org' }],
  ['WEBHOOK_ALLOWED_NETWORKS', { WEBHOOK_ALLOWED_NETWORKS: '10.0.0.0/8,10.1' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost' }],
  ['MASTER_KEY', { DATABASE_URL: 'postgres://localhost/signet' }],
  ['MIGRATION_DATABASE_URL', { MIGRATION_DATABASE_URL: 'mysql://localhost' }],
  ['MIGRATION_DATABASE_URL', { MIGRATION_DATABASE_URL: 'postgres://owner@localhost/signet' }],
  ['MIGRATION_DATABASE_URL', ownedBy('postgres://owner@localhost/signet')],
  ['MIGRATION_DATABASE_URL', ownedBy('postgres://localhost/signet')],
  ['MASTER_KEY', { MASTER_KEY: 'too short' }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'short' }],
  ['ADMIN_EMAIL', { ADMIN_EMAIL: 'nobody' }],
  ['SMTP_URL', { ...PRODUCTION, SMTP_URL: '' }],
  ['PUBLIC_URL', { ...PRODUCTION, PUBLIC_URL: '' }],
  ['SMTP_URL', { SMTP_URL: 'smtp://mail.example.org?requireTLS=false' }],
  ['SMTP_TIMEOUT_SECONDS', { SMTP_TIMEOUT_SECONDS: '0' }],
  ['MAIL_FROM', { MAIL_FROM: 'Signet <signet@example.org>\r\nBcc: eve@example.org' }],
  ['DKIM_DOMAIN', { DKIM_DOMAIN: 'example.org' }],
  ['DKIM_KEY', { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 's1', DKIM_KEY: __filename }],
  ['DKIM_KEY', { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 's1', DKIM_KEY: '/nowhere/key.pem' }],
  ['DKIM_SELECTOR', { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 's 1', DKIM_KEY: __filename }],
  ['BOUNCE_ADDRESS', { BOUNCE_ADDRESS: 'bounces@example.org' }],
  ['BOUNCE_ADDRESS', { ...PRODUCTION, BOUNCE_ADDRESS: 'bounces+x@example.org' }],
  ['BOUNCE_ADDRESS', { ...PRODUCTION, BOUNCE_ADDRESS: `${'b'.repeat(19)}@example.org` }],
  ['DEFAULT_LANGUAGE', { DEFAULT_LANGUAGE: 'fr' }],
  ['SELF_SERVICE', { SELF_SERVICE: 'sometimes' }],
  ['SMS_URL', { SMS_URL: 'smpp://sms.example.org' }],
  ['SMS_URL', { SMS_URL: 'smpp://user:much-too-long@sms.example.org' }],
  ['SMS_URL', { SMS_URL: 'smpp://user:secret@sms.example.org/path' }],
  ['SMS_URL', { SMS_URL: 'smpp://user:secret@sms.example.org?window=10' }],
  ['SMS_URL', { SMS_URL: 'smpp://user:secret@sms.example.org?from=far-too-long-a-name' }],
  ['SMS_URL', { SMS_URL: 'https://sms.example.org/send https://sms.example.org/send' }],
  ['SMS_URL', { SMS_URL: 'http://sms.example.org/send' }],
  ['SMS_URL', { SMS_URL: 'ftp://sms.example.org/send' }],
  ['SMS_URL', { SMS_URL: 'sms.example.org/send' }],
  ['SMS_URL', { SMS_URL: 'https://sms.example.org/send#token' }],
  ['SMS_URL', { SMS_URL: 'https://user:password@sms.example.org/send?token=other' }],
  ['SMS_URL', { SMS_URL: 'https://sms.example.org/send?token=one&token=two' }],
  ['SMS_URL', { SMS_URL: 'https://sms.example.org/send?token=two%0D%0Alines' }],
  ['SMS_URL', { SMS_URL: 'https://us%3Aer:password@sms.example.org/send' }],
  ['SMS_URL', { SMS_URL: 'https://100%:password@sms.example.org/send' }],
  ['SMS_DAILY_LIMIT', { SMS_DAILY_LIMIT: '0' }],
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

test.each([
  ['https://sms.example.org/send', { url: 'https://sms.example.org/send', authorization: null }],
  ['http://localhost:8080/', { url: 'http://localhost:8080/', authorization: null }],
  [
    'https://sms.example.org/send?from=Signet&token=abc.def~1',
    { url: 'https://sms.example.org/send?from=Signet', authorization: 'Bearer abc.def~1' },
  ],
  [
    'https://us%20er:p%C3%A4ss%3A%40@sms.example.org/send',
    {
      url: 'https://sms.example.org/send',
      authorization: `Basic ${Buffer.from('us er:päss:@').toString('base64')}`,
    },
  ],
])(
  'a gateway for text messages is taken apart: its secrets go into a header (%s)',
  (url, gateway) => {
    expect(loadConfig({ SMS_URL: url }).sms.routes).toEqual([{ kind: 'HTTP', ...gateway }]);
  },
);

test('without a gateway text messages become files, and none are sent in production', () => {
  expect(loadConfig({}).sms).toEqual({ routes: [], isOffered: true, dailyLimit: 1000 });
  expect(loadConfig(PRODUCTION).sms).toMatchObject({ routes: [], isOffered: false });
  const url = { SMS_URL: 'https://sms.example.org/send' };
  expect(loadConfig({ ...PRODUCTION, ...url }).sms.isOffered).toBe(true);
});

test('gateways for text messages stand in the order in which they are tried', () => {
  const url =
    ' https://sms.example.org/send  smpps://us%40er:p%C3%A4ss@smsc.example.org?from=Signet ';
  expect(loadConfig({ SMS_URL: url }).sms.routes).toEqual([
    { kind: 'HTTP', url: 'https://sms.example.org/send', authorization: null },
    {
      ...{ kind: 'SMPP', host: 'smsc.example.org', port: 3550, tls: true },
      ...{ systemId: 'us@er', password: 'päss', from: 'Signet' },
    },
  ]);
  expect(loadConfig({ SMS_URL: 'smpp://signet:secret@10.0.0.9' }).sms.routes).toEqual([
    {
      ...{ kind: 'SMPP', host: '10.0.0.9', port: 2775, tls: false },
      ...{ systemId: 'signet', password: 'secret', from: null },
    },
  ]);
});

test('the mailbox can be shown on this machine', () => {
  expect(loadConfig({ MAILBOX: '1' }).mail.mailbox).toBe(true);
});
