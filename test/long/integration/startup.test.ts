import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../../../src/config';
import { ConfigError } from '../../../src/environment';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { makeTemporaryFolder } from '../../helpers/processes/embedded-postgres';
import { orderFor, setStage } from '../../helpers/orders';
import { Program, Site } from '../../helpers/processes/process';
import { noteSecret } from '../../helpers/run';
import { eventually } from '../../helpers/server';
import { Watcher } from '../../helpers/subscription';

const A_STACK = /\n\s+at /;
const sites: Site[] = [];
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await makeTemporaryFolder();
});
afterEach(async () => {
  for (const site of sites.splice(0)) await site.remove();
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function prepare(options: Parameters<typeof Site.prepare>[0] = {}): Promise<Site> {
  const site = await Site.prepare(options);
  sites.push(site);
  return site;
}

/** What a server says that cannot start; a sentence for its operator, and no stack. */
async function complaintOf(environment: Readonly<Record<string, string>>): Promise<string> {
  const program = new Program(
    { DATA_DIR: folder, LOG_LEVEL: 'info', ...environment },
    'refused.log',
  );
  expect(await program.exited).toEqual({ code: 1, signal: null });
  expect(program.output).not.toMatch(A_STACK);
  return program.output;
}

function complaintAbout(environment: Readonly<Record<string, string>>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return 'none';
}

describe('a setting that cannot be used is named', () => {
  const secret = 'not a usable secret';
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '4000x' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'http://id.example.org' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://id.example.org/path' }],
    ['PKI_URL', { PKI_URL: 'https://pki.example.org' }],
    ['TLS_CERT', { TLS_CERT: '/nowhere.pem' }],
    ['TLS_KEY', { TLS_CERT: __filename, TLS_KEY: '/nowhere.pem' }],
    ['TLS_CERT', { TLS_CERT: __filename, TLS_KEY: __filename }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://friend.example, *' }],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: 'everybody' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/signet' }],
    ['MASTER_KEY', { DATABASE_URL: 'postgres://localhost/signet' }],
    ['MASTER_KEY', { MASTER_KEY: secret }],
    ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'short' }],
    ['ADMIN_EMAIL', { ADMIN_EMAIL: 'admin' }],
    ['SMTP_URL', { SMTP_URL: 'http://mail.example.org' }],
    ['SMTP_URL', { NODE_ENV: 'production' }],
    ['MAILBOX', { MAILBOX: 'maybe' }],
    ['MAILBOX', { MAILBOX: '1', HOST: '0.0.0.0' }],
    ['CA_KEY_ALGORITHM', { CA_KEY_ALGORITHM: 'RSA-1024' }],
    ['SESSION_IDLE_SECONDS', { SESSION_IDLE_SECONDS: '59' }],
    ['SESSION_MAX_SECONDS', { SESSION_MAX_SECONDS: 'forever' }],
    ['SESSION_IDLE_SECONDS', { SESSION_IDLE_SECONDS: '600', SESSION_MAX_SECONDS: '60' }],
    ['INTROSPECTION', { INTROSPECTION: 'sometimes' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ];

  test.each(cases)('%s in %j', (variable, environment) => {
    const complaint = complaintAbout(environment);
    expect(complaint).toContain(variable);
    expect(complaint).not.toContain(secret);
  });

  test('on a line of its own by the server, which does not start', async () => {
    const complaint = await complaintOf({ PORT: 'x', HOST: '127.0.0.1', LOG_LEVEL: 'loud' });
    expect(complaint.trim().split('\n')).toHaveLength(2);
  });
});

describe('what stands in the way is told in a sentence', () => {
  test('another server on the same DATA_DIR, which goes on undisturbed', async () => {
    const site = await prepare();
    await site.start();
    const second = await complaintOf({ ...site.environment, PORT: '0' });
    expect(second).toMatch(/Another Signet server, process \d+, uses DATA_DIR/);
    expect(site.process.isRunning).toBe(true);
    expect((await site.graphql('{ signInOptions { method } }')).errors).toEqual([]);
  });

  test('a PORT that is taken', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const port = String((blocker.address() as AddressInfo).port);
    const site = await prepare({ database, environment: { PORT: port } });
    expect(await complaintOf(site.environment)).toMatch(new RegExp(`PORT ${port} .*in use`));
    await new Promise((resolve) => blocker.close(resolve));
  });

  test('the first administrator’s password is told, though the first start failed on its PORT', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const port = String((blocker.address() as AddressInfo).port);
    const site = await prepare();
    const environment = { ...site.environment, ADMIN_PASSWORD: '' };
    await complaintOf({ ...environment, PORT: port });
    await new Promise((resolve) => blocker.close(resolve));
    const program = new Program(environment, 'second-start.log');
    await eventually(() => Promise.resolve(/is ready at/.exec(program.output) ?? undefined));
    expect(program.output).toMatch(/First administrator: user name admin, password \S{20}/);
    await program.terminate();
  });

  test('a HOST that is not an address of this machine', async () => {
    const site = await prepare({ database, environment: { HOST: '192.0.2.1' } });
    expect(await complaintOf(site.environment)).toContain('HOST 192.0.2.1');
  });

  test('a database that cannot be reached', async () => {
    const url = 'postgres://signet:a-password-in-a-url@127.0.0.1:1/signet';
    const site = await prepare({ database, environment: { DATABASE_URL: url } });
    const complaint = await complaintOf(site.environment);
    expect(complaint).toContain('DATABASE_URL');
    expect(complaint).toContain('ECONNREFUSED');
    expect(complaint).not.toContain('a-password-in-a-url');
  });

  test('a database that does not exist', async () => {
    const url = database.url.replace(database.name, 'no_such_database');
    const site = await prepare({ database, environment: { DATABASE_URL: url } });
    expect(await complaintOf(site.environment)).toMatch(/DATABASE_URL.*3D000/);
  });

  test('a MASTER_KEY that is not the one of this database', async () => {
    const key = randomBytes(32).toString('base64');
    noteSecret(key);
    const site = await prepare({ database, environment: { MASTER_KEY: key } });
    expect(await complaintOf(site.environment)).toContain('MASTER_KEY');
  });
});

describe('with TLS_CERT and TLS_KEY', () => {
  let cert: string;
  let key: string;
  beforeAll(async () => {
    [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '1', '-keyout', key, '-out', cert, ...subject],
    ]);
    const lines = (await readFile(key, 'utf8')).trim().split('\n').slice(1, -1);
    for (const line of lines) noteSecret(line);
  });

  test('pages, GraphQL and sockets are served over TLS, and the cookie is for TLS only', async () => {
    const site = await prepare({ database, environment: { TLS_CERT: cert, TLS_KEY: key } });
    await site.start();
    const ca = await readFile(cert);
    const answer = await call(`${site.url}/graphql`, ca, {
      query: `mutation ($p: String!) { signInWithPassword(username: "admin", password: $p) { viewer { user { username } } } }`,
      variables: { p: site.environment['ADMIN_PASSWORD'] },
    });
    expect(JSON.parse(answer.body)).toEqual({
      data: { signInWithPassword: { viewer: { user: { username: 'admin' } } } },
    });
    const cookie = answer.cookie ?? '';
    noteSecret(/=([^;]+)/.exec(cookie)?.[1] ?? cookie);
    expect(cookie).toMatch(/; Secure/i);
    const page = new Watcher(site.url, '00000000-0000-4000-8000-000000000000');
    expect(await page.ended).toEqual({ kind: 'error', code: 'UNAUTHENTICATED' });
    await page.drop();
    expect(site.process.output).toContain(`Signet is ready at ${site.url}`);
  });

  test('a certificate and a key that do not belong together are refused', async () => {
    const other = join(folder, 'other.pem');
    const { stdout } = await promisify(execFile)('openssl', [
      ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ]);
    await writeFile(other, stdout);
    expect(await complaintOf({ TLS_CERT: cert, TLS_KEY: other })).toContain('TLS_KEY');
  });
});

interface SecureAnswer {
  readonly body: string;
  readonly cookie: string | undefined;
}

function call(url: string, ca: Buffer, body: object): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    request(url, { method: 'POST', ca, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        resolve({
          body: Buffer.concat(chunks).toString(),
          cookie: res.headers['set-cookie']?.[0],
        });
      });
    })
      .on('error', reject)
      .end(JSON.stringify(body));
  });
}

test('the first start prints the made password once, and the next one does not', async () => {
  const site = await prepare({ environment: { ADMIN_PASSWORD: '' } });
  await site.start();
  const told = await eventually(() =>
    Promise.resolve(/password (\S+) \(shown this once\)/.exec(site.process.output) ?? undefined),
  );
  const password = told[1] ?? '';
  expect(password.length).toBeGreaterThanOrEqual(20);
  const { data } = await site.graphql(
    `mutation ($p: String!) { signInWithPassword(username: "admin", password: $p) { viewer { user { username } } } }`,
    { p: password },
  );
  expect(data.signInWithPassword.viewer.user.username).toBe('admin');
  await site.process.terminate();
  await site.start();
  expect(site.process.output).not.toContain('shown this once');
});

test('the settings of a watched order survive a start on another port', async () => {
  const first = await prepare({ database, environment: { PUBLIC_URL: 'https://id.example.org' } });
  await first.start();
  const { id, watchToken } = await orderFor(first, await setStage(first));
  await first.process.terminate();
  const second = await prepare({ database, environment: { PUBLIC_URL: 'https://id.example.org' } });
  await second.start();
  const page = await new Watcher(second.url, id, { watchToken }).until('WAITING_FOR_SCAN');
  await page.drop();
  expect(page.statuses).toEqual(['WAITING_FOR_SCAN']);
});
