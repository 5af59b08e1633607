import { Agent, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import { pki, md } from 'node-forge';
import { startEdge, stopEdges, type TestEdge } from '../helpers/edge-server';
import { connect } from '../helpers/edge-socket';

afterEach(stopEdges);

function get(url: string, agent: Agent): Promise<{ status: number; connection: unknown }> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (res) => {
      res.resume();
      res.on('end', () => {
        resolve({ status: res.statusCode ?? 0, connection: res.headers.connection });
      });
    })
      .on('error', reject)
      .end();
  });
}

test('draining lets requests finish, tells the rest to go elsewhere, and ends', async () => {
  const edge: TestEdge = await startEdge();
  const gate = edge.service.hold();
  const running = edge.query('{ slow }');
  await gate.entered;
  const drained = edge.edge.drain(10_000);
  await expect(fetch(`${edge.origin}/healthz`)).rejects.toThrow('fetch failed');
  gate.open();
  const answer = await running;
  expect(answer.data).toEqual({ slow: 'done' });
  expect(answer.headers.get('connection')).toBe('close');
  await drained;
});

test('draining does not wait for ever', async () => {
  const edge = await startEdge();
  const gate = edge.service.hold();
  const running = edge.query('{ slow }');
  await gate.entered;
  const outcome = running.then(
    () => 'answered',
    () => 'cut off',
  );
  await edge.edge.drain(20);
  expect(await outcome).toBe('cut off');
  gate.open();
});

test('connections that are kept alive are closed by draining', async () => {
  const edge = await startEdge();
  const agent = new Agent({ keepAlive: true });
  expect((await get(`${edge.origin}/readyz`, agent)).status).toBe(200);
  await edge.edge.drain(10_000);
  await expect(get(`${edge.origin}/readyz`, agent)).rejects.toThrow();
  agent.destroy();
});

test('a port that is taken is an error at the start', async () => {
  const edge = await startEdge();
  const port = Number(new URL(edge.origin).port);
  await expect(startEdge({ port })).rejects.toThrow('EADDRINUSE');
});

test('with a certificate it speaks HTTPS and secure WebSocket itself', async () => {
  const tls = selfSigned();
  const edge = await startEdge({ tls });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    secureRequest(`${edge.origin}/healthz`, { ca: tls.cert }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
  const socket = await connect(edge.url, { origin: edge.origin });
  socket.run('{ hello }');
  expect((await socket.next()).payload).toEqual({ data: { hello: 'hello' } });
});

function selfSigned(): { cert: Buffer; key: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  const name = [{ name: 'commonName', value: '127.0.0.1' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.validity.notAfter = new Date(certificate.validity.notBefore.getTime() + 3_600_000);
  certificate.setExtensions([{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }]);
  certificate.sign(pki.privateKeyFromPem(privateKey), md.sha256.create());
  return { cert: Buffer.from(pki.certificateToPem(certificate)), key: Buffer.from(privateKey) };
}
