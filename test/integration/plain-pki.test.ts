import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { certId, ocspRequest, postOcsp, readAnswer } from '../helpers/certificates/ocsp';
import { Site } from '../helpers/processes/process';
import { noteSecret } from '../helpers/run';

let folder: string;
let database: TestDatabase;
let site: Site;
let pkiUrl: string;
let authority: { chain: string[]; crlUrl: string; ocspUrl: string };

/** Of nobody at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-plain-pki-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '1', '-keyout', key, '-out', cert, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost'],
  ]);
  for (const line of (await readFile(key, 'utf8')).trim().split('\n').slice(1, -1)) {
    noteSecret(line);
  }
  const port = String(await freePort());
  pkiUrl = `http://localhost:${port}`;
  database = await createTestDatabase();
  const environment = { TLS_CERT: cert, TLS_KEY: key, PKI_PORT: port, PKI_URL: '' };
  site = await Site.start({ database, environment });
  authority = await authorityOver(site.url, await readFile(cert));
});
afterAll(async () => {
  await site.remove();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function authorityOver(url: string, ca: Buffer): Promise<typeof authority> {
  const body = JSON.stringify({ query: '{ certificateAuthority { chain crlUrl ocspUrl } }' });
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    request(`${url}/graphql`, { method: 'POST', ca, headers }, (res) => {
      let answer = '';
      res.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      res.on('end', () => {
        resolve(answer);
      });
    })
      .on('error', reject)
      .end(body);
  });
  return JSON.parse(text).data.certificateAuthority as typeof authority;
}

test('a server that speaks HTTPS names its plain port in certificates, and answers there', async () => {
  expect(authority.ocspUrl).toBe(`${pkiUrl}/pki/ocsp`);
  expect(authority.crlUrl.startsWith(`${pkiUrl}/pki/`)).toBe(true);
  const list = await fetch(authority.crlUrl);
  expect([list.status, list.headers.get('content-type')]).toEqual([200, 'application/pkix-crl']);
  const certificate = await fetch(authority.crlUrl.replace(/crl$/, 'cer'));
  expect(certificate.headers.get('content-type')).toBe('application/pkix-cert');
  const [issuing = ''] = authority.chain;
  const { body } = await postOcsp(authority.ocspUrl, ocspRequest([certId(issuing, '01')]));
  expect(readAnswer(body, issuing).answers).toMatchObject([{ status: 'unknown' }]);
});

test.each(['/', '/account', '/m', '/graphql', '/oauth/token', '/saml/x/metadata', '/healthz'])(
  'nothing else stands there: %s is 404',
  async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${pkiUrl}${path}`, { method });
      expect([response.status, response.headers.get('set-cookie')]).toEqual([404, null]);
    }
  },
);

test('it ends with the server', async () => {
  const { code } = await site.process.terminate();
  expect(code).toBe(0);
  await expect(fetch(authority.crlUrl)).rejects.toThrow();
});
