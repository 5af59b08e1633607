import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { request as secureRequest, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { asHeader, callWith } from '../helpers/certificates/certificate-caller';
import { statusOf } from '../helpers/cast';
import { runConsole } from '../helpers/processes/console';
import { EstClient, type EstAnswer } from '../helpers/certificates/est-client';
import { problemOf, setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { testRun } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { textOf } from '../unit/docs/documents';

const ENROL = 'authentication/simpleenroll';

let stage: EstStage;
let client: EstClient;
/** Plain http behind a proxy on this machine. */
let behindProxy: TestServer;
let proxy: EstClient;
let confirmed: string;

beforeAll(async () => {
  stage = await setEstStage({ validityDays: 20 });
  ({ client } = stage);
  const { database, server, cast } = stage;
  behindProxy = await startTestServer({
    database,
    environment: { TRUSTED_PROXIES: '127.0.0.1,::1' },
  });
  proxy = new EstClient(behindProxy.url);
  confirmed = await createProject(server, cast.admin, newName('project'), {
    confirmation: 'APPROVAL',
    validityDays: 20,
  });
});
beforeEach(() => forgetAttempts(stage.database));
afterAll(async () => {
  await behindProxy.stop();
  proxy.remove();
  await stage.remove();
});

const justOne = (input = {}) => stage.order({ certificates: ['AUTHENTICATION'], ...input });

/** The issuing authorities whose certificates the server says it takes, to whom a client listens that chooses by that. */
async function authoritiesNamed(): Promise<number> {
  const { host } = new URL(client.base);
  const command = `openssl s_client -connect ${host} -CAfile tls-ca.pem </dev/null`;
  const { stdout } = await client.run('sh', ['-c', command]);
  return stdout.match(/^.*CN ?= ?Signet Test Issuing CA/gm)?.length ?? 0;
}

test('clients are told of every issuing authority there is, as soon as there is another', async () => {
  expect(await authoritiesNamed()).toBe(1);
  const { database } = stage;
  const environment = { DATABASE_URL: database.serverUrl, MASTER_KEY: testRun().masterKey };
  expect(await runConsole('ca', environment, 'roll-over')).toMatchObject({ code: 0 });
  await eventually(async () => ((await authoritiesNamed()) === 2 ? true : undefined));
});

/** What a proxy tells of the certificate in this file. */
function told(name: string): Readonly<Record<string, string>> {
  const { raw } = new X509Certificate(proxy.read(`${name}.crt`));
  return { 'client-cert': asHeader({ der: raw }), 'x-forwarded-proto': 'https' };
}

describe('behind a trusted proxy', () => {
  test('a device is known by the certificate that the proxy tells of', async () => {
    const { id, code } = await justOne({ projectId: confirmed });
    await proxy.selfMade('device');
    const body = await proxy.request('auth');
    const answer = await proxy.call({ operation: ENROL, body, code, headers: told('device') });
    expect(answer.status).toBe(202);
    expect(await statusOf(stage.server, id)).toBe('AWAITING_CONFIRMATION');
    const [device] = await stage.database.query<{ name: string; platform: string }>(
      'SELECT d.name, d.platform FROM device d JOIN enrolment e ON e.device_id = d.id WHERE e.id = $1',
      [id],
    );
    expect(device).toEqual({ name: 'device', platform: expect.stringMatching(/^curl\//) });
  });

  test('renewal goes by the certificate that the proxy tells of', async () => {
    const { code } = await justOne();
    const answer = await proxy.call({ operation: ENROL, body: await proxy.request('auth'), code });
    await proxy.certificatesIn(answer, 'auth');
    const call = { operation: 'simplereenroll', body: await proxy.request('next') };
    const without = await proxy.call({ ...call, headers: { 'x-forwarded-proto': 'https' } });
    expect(without.status).toBe(403);
    expect(JSON.parse(without.body)).toMatchObject({ reason: 'CLIENT_CERTIFICATE' });
    expect((await proxy.call({ ...call, headers: told('auth') })).status).toBe(200);
  });

  test('no channel binding is asked for, as none could be checked', async () => {
    const answer = await proxy.call({ operation: 'csrattrs' });
    proxy.write('csrattrs', Buffer.from(answer.body, 'base64'));
    const shown = await proxy.print('openssl', 'asn1parse', '-inform', 'DER', '-in', 'csrattrs');
    expect(shown).toContain(':id-ecPublicKey');
    expect(shown).not.toContain(':challengePassword');
  });

  test('what came to the proxy in the clear is refused', async () => {
    const { id, code } = await justOne();
    const body = await proxy.request('auth');
    const headers = { 'x-forwarded-proto': 'http' };
    const answer = await proxy.call({ operation: ENROL, body, code, headers });
    expect([answer.status, problemOf(answer)]).toEqual([403, 'FORBIDDEN']);
    expect(await statusOf(stage.server, id)).toBe('WAITING_FOR_SCAN');
  });
});

test('a header that no trusted proxy has sent names no device', async () => {
  const { code } = await justOne({ projectId: confirmed });
  await proxy.selfMade('device');
  const body = await client.request('auth');
  const answer = await client.call({ operation: ENROL, body, code, headers: told('device') });
  expect(problemOf(answer)).toBe('DEVICE_PROOF_REJECTED');
});

test('another site makes no browser show its certificate here', async () => {
  const { code } = await justOne({ projectId: confirmed });
  await client.selfMade('device');
  const answer = await client.call({
    operation: ENROL,
    body: await client.request('auth'),
    code,
    identity: 'device',
    headers: { 'sec-fetch-site': 'cross-site' },
  });
  expect(problemOf(answer)).toBe('DEVICE_PROOF_REJECTED');
});

test('the commands in the guide get a certificate for the key that they make', async () => {
  const { code } = await justOne();
  const [, section = ''] = textOf('docs/integrating.md').split('\n## EST\n');
  const blocks = Array.from(section.matchAll(/^```sh\n(.+?)^```/gms), ([, block = '']) => block);
  const here = blocks
    .slice(0, 2)
    .join('')
    .replace('https://id.example.org', client.base)
    .replace('tls.pem', 'tls-ca.pem')
    .replace('CODE', code);
  await client.print('sh', '-ec', here);
  const certificate = new X509Certificate(client.read('authentication.crt'));
  const key = createPrivateKey(client.read('authentication.key'));
  expect(certificate.checkPrivateKey(key)).toBe(true);
});

test('a device with a weak key is refused', async () => {
  const { code } = await justOne();
  const p521 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'];
  await client.selfMade('odd', p521);
  const body = await client.request('auth');
  const answer = await client.call({ operation: ENROL, body, code, identity: 'odd' });
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'DEVICE_PROOF_REJECTED', reason: 'KEY' });
});

test('an Ed25519 key will do for the connection, and not for a certificate', async () => {
  const { code } = await justOne();
  await client.selfMade('edwards', ['-newkey', 'ed25519']);
  const call = { operation: ENROL, code, identity: 'edwards' };
  const wrong = await client.call({ ...call, body: await client.requestFor('edwards') });
  expect(JSON.parse(wrong.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'ALGORITHM' });
  expect((await client.call({ ...call, body: await client.request('auth') })).status).toBe(200);
});

test('an answer has few headers, for clients that read a kilobyte', async () => {
  const { headers } = await client.call({ operation: 'cacerts' });
  const size = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  );
  expect(size).toBeLessThan(600);
  expect(headers['content-length']).toMatch(/^\d+$/);
});

test('access rules can keep a network out of it', async () => {
  const { server, cast, database } = stage;
  const { data, errors } = await server.graphql(
    `mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }`,
    {
      input: {
        name: 'no devices from here',
        resources: ['/device'],
        effect: 'DENY',
        when: { callers: ['ANONYMOUS'], networks: ['127.0.0.0/8', '::1/128'] },
        require: [],
      },
    },
    { token: cast.admin },
  );
  expect(errors).toEqual([]);
  const { id, code } = await justOne();
  const body = await client.request('auth');
  const refused = await client.call({ operation: ENROL, body, code });
  expect([refused.status, problemOf(refused)]).toEqual([403, 'FORBIDDEN']);
  expect(await statusOf(server, id)).toBe('WAITING_FOR_SCAN');
  const [entry] = await database.query(
    `SELECT 1 FROM audit_entry WHERE action = 'est/simpleenroll' AND outcome = 'REFUSED'`,
  );
  expect(entry).toBeDefined();
  await server.graphql(
    'mutation ($id: ID!) { deleteAccessRule(id: $id) }',
    { id: data.createAccessRule.id },
    { token: cast.admin },
  );
});

test('a certificate of half a mobile ID proves nothing, and cannot be registered', async () => {
  const { database, server, cast } = stage;
  const { data } = await server.graphql('{ certificateAuthority { chain } }');
  const { code } = await stage.order();
  const answer = await client.call({ operation: ENROL, body: await client.request('half'), code });
  const [pem = ''] = await client.certificatesIn(answer, 'half');
  const clientCa = client.write(
    'client-ca.pem',
    (data.certificateAuthority.chain as string[]).join(''),
  );
  const accepting = await startTestServer({
    database,
    environment: { CLIENT_CA: clientCa, TRUSTED_PROXIES: '127.0.0.1,::1' },
  });
  const headers = { 'client-cert': asHeader({ der: new X509Certificate(pem).raw }) };
  const registered = await callWith(accepting, {
    query: 'mutation { registerMyClientCertificate { id } }',
    token: cast.alva.token,
    headers,
  });
  const signedIn = await callWith(accepting, {
    query: 'mutation { signInWithClientCertificate { token } }',
    headers,
  });
  await accepting.stop();
  expect(registered.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT' });
  expect(signedIn.errors[0]?.extensions.code).toBe('INVALID_CREDENTIALS');
});

describe('a challengePassword', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that binds the request to its connection is taken over %s, that of another is not',
    async (version) => {
      const { code } = await justOne();
      const options = { minVersion: version, maxVersion: version, code };
      const foreign = createHash('sha256').update('another').digest('base64');
      expect(problemOf(await boundCall(options, () => foreign))).toBe('CSR_REJECTED');
      expect((await boundCall(options, bindingOf)).status).toBe(200);
    },
  );
});

/** RFC 5929 section 3.1 up to TLS 1.2, RFC 9266 from TLS 1.3 on. */
function bindingOf(socket: TLSSocket): string {
  const bytes =
    socket.getProtocol() === 'TLSv1.2'
      ? socket.getFinished()
      : socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
  return bytes?.toString('base64') ?? '';
}

/** Sends a request whose challengePassword follows from the connection that it goes over. */
async function boundCall(
  { code, ...versions }: RequestOptions & { readonly code: string },
  challengeOf: (socket: TLSSocket) => string,
): Promise<EstAnswer> {
  return new Promise((resolve, reject) => {
    const sent = secureRequest(`${client.base}/.well-known/est/${ENROL}`, {
      ...versions,
      method: 'POST',
      agent: false,
      ca: client.read('tls-ca.pem'),
      auth: `est:${code}`,
      headers: { 'content-type': 'application/pkcs10' },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: {}, body });
      });
    });
    sent.on('socket', (socket) => {
      socket.on('secureConnect', () => {
        const challenge = challengeOf(socket as TLSSocket);
        client.request(newName('bound'), { challenge }).then((body) => sent.end(body), reject);
      });
    });
  });
}
