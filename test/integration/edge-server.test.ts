import { Agent, request } from 'node:http';
import { request as secureRequest, type RequestOptions as SecureRequestOptions } from 'node:https';
import { createServer, connect as connectTcp, type AddressInfo } from 'node:net';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { pki, md } from 'node-forge';
import { pemOf } from '../../src/features/certificates/x509/pem';
import { startEdge, stopEdges, type TestEdge } from '../helpers/edge/edge-server';
import { connect } from '../helpers/edge/edge-socket';
import { eventually } from '../helpers/server';
import { hex, tlv } from '../unit/certificates/request-builder';

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

describe('who shows more in a handshake than anybody needs', () => {
  let edge: TestEdge;
  let ca: Buffer;
  beforeEach(async () => {
    const tls = selfSigned();
    ca = tls.cert;
    edge = await startEdge({ tls });
  });
  const reach = (more: SecureRequestOptions = {}): Promise<number | string> =>
    new Promise((resolve) => {
      secureRequest(`${edge.origin}/healthz`, { ca, agent: false, ...more }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      })
        .on('error', ({ message }) => {
          resolve(message);
        })
        .end();
    });
  const isRefused = () =>
    eventually(async () => (typeof (await reach()) === 'string' ? true : undefined));

  test('is not spoken to for a while', async () => {
    expect(await reach(longChain(2))).toBe(200);
    expect(await reach()).toBe(200);
    await reach(longChain(40));
    await isRefused();
    expect(edge.logged).toContainEqual(expect.objectContaining({ address: '127.0.0.1' }));
  });

  test('nor where he breaks it off', async () => {
    const relay = createServer((near) => {
      const far = connectTcp(Number(new URL(edge.origin).port), '127.0.0.1');
      let left = 20_000;
      near.on('data', (data) => {
        far.write(data.subarray(0, left));
        left -= data.length;
        if (left <= 0) far.end();
      });
      far.on('data', (data) => near.write(data));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port } = relay.address() as AddressInfo;
    expect(await reach({ ...longChain(40), port })).toEqual(expect.any(String));
    await isRefused();
    relay.close();
  });

  test('but a trusted proxy may send what it likes', async () => {
    const tls = selfSigned();
    ca = tls.cert;
    edge = await startEdge({ tls, trustedProxies: ['127.0.0.1'] });
    for (let i = 0; i < 2; i++) expect(await reach(longChain(40))).toBe(200);
  });
});

/** A certificate and so many above it, of a kilobyte each; none is signed by the next. */
function longChain(above: number): SecureRequestOptions {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = (text: string) =>
    tlv(0x30, tlv(0x31, tlv(0x30, hex('0603550403'), tlv(0x0c, text))));
  const algorithm = hex('300d06092a864886f70d01010b0500');
  const modulus = Buffer.concat([Buffer.of(0, 0x80), randomBytes(509), Buffer.of(1)]);
  const spki = tlv(
    0x30,
    hex('300d06092a864886f70d0101010500'),
    tlv(0x03, Buffer.of(0), tlv(0x30, tlv(0x02, modulus), hex('0203010001'))),
  );
  const certificate = (index: number): string => {
    const times = tlv(0x30, tlv(0x17, '250101000000Z'), tlv(0x17, '490101000000Z'));
    const key = index === 0 ? publicKey.export({ format: 'der', type: 'spki' }) : spki;
    const serial = tlv(0x02, Buffer.of(1, index));
    const [subject, issuer] = [name(`c${String(index)}`), name(`c${String(index + 1)}`)];
    const parts = [hex('a003020102'), serial, algorithm, issuer, times, subject, key];
    const ca = tlv(
      0xa3,
      tlv(0x30, tlv(0x30, hex('0603551d13'), hex('0101ff'), hex('040530030101ff'))),
    );
    const signature = Buffer.concat([Buffer.of(0, 1), randomBytes(511)]);
    const tbs = tlv(0x30, ...parts, ...(index === 0 ? [] : [ca]));
    return pemOf(tlv(0x30, tbs, algorithm, tlv(0x03, signature)));
  };
  const cert = Array.from({ length: above + 1 }, (_, index) => certificate(index)).join('');
  return { cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) };
}

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
