import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { makeDeviceKey, type DeviceKey } from '../../../src/phone/keys/device-key.js';
import { MemoryKeyStore, type StoredMobileId } from '../../../src/phone/keys/key-store.js';
import { reportIn } from '../../../src/phone/report.js';

const NOW = new Date('2026-01-15T10:00:00Z');

/** A server that keeps what it is told, and answers as the test says. */
let server: Server;
let url: string;
let proofs: string[];
let answers: { body: unknown; date?: Date }[];
let key: DeviceKey;

beforeAll(async () => {
  key = await makeDeviceKey();
  server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      proofs.push(JSON.parse(body).variables.proof as string);
      const { body: answer, date } = answers.shift() ?? { body: { data: { reportDevice: true } } };
      if (date !== undefined) res.setHeader('date', date.toUTCString());
      res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  proofs = [];
  answers = [];
});

async function storeWith(profile: object, serverUrl = url): Promise<MemoryKeyStore> {
  const store = new MemoryKeyStore();
  await store.saveDeviceKey(key);
  const mobileId = { serverUrl, profile: { id: 'p', ...profile } };
  await store.storeMobileId(mobileId as unknown as StoredMobileId);
  return store;
}

const report = (store: MemoryKeyStore): Promise<boolean | undefined> =>
  reportIn({ serverUrl: url, store, now: () => NOW });

const ID = { assignedId: { id: 'a', value: '42' } };

test('a phone with an ID proves which one it is, and nothing else', async () => {
  expect(await report(await storeWith(ID))).toBe(true);
  const { payload, protectedHeader } = await jwtVerify(proofs[0] ?? '', EmbeddedJWK, {
    audience: url,
    typ: 'report+jwt',
    algorithms: ['ES256'],
    currentDate: NOW,
  });
  expect(payload).toEqual({ aud: url, iat: NOW.getTime() / 1000 });
  expect(protectedHeader.jwk).toEqual(key.publicJwk);
});

test('a phone is told that its ID no longer stands', async () => {
  answers = [{ body: { data: { reportDevice: false } } }];
  expect(await report(await storeWith(ID))).toBe(false);
});

test.each([
  ['no ID', {}],
  ['no ID, as the server says', { assignedId: null }],
])('a phone with %s reports to nobody', async (_, profile) => {
  expect(await report(await storeWith(profile))).toBeUndefined();
  expect(await report(await storeWith(ID, 'https://other.example'))).toBeUndefined();
  expect(await report(new MemoryKeyStore())).toBeUndefined();
  expect(proofs).toEqual([]);
});

test('a phone whose clock is wrong goes by that of the server', async () => {
  const refusal = {
    errors: [{ message: 'No.', extensions: { code: 'DEVICE_PROOF_REJECTED', reason: 'TIME' } }],
  };
  answers = [{ body: refusal, date: new Date('2026-01-15T12:00:00Z') }];
  expect(await report(await storeWith(ID))).toBe(true);
  const [, second = ''] = proofs;
  const claims = JSON.parse(Buffer.from(second.split('.')[1] ?? '', 'base64url').toString());
  expect(claims.iat).toBe(Date.UTC(2026, 0, 15, 12) / 1000);
});

test('a refusal for another reason is not tried again', async () => {
  const refusal = { errors: [{ message: 'No.', extensions: { code: 'DEVICE_PROOF_REJECTED' } }] };
  answers = [{ body: refusal, date: NOW }];
  await expect(report(await storeWith(ID))).rejects.toMatchObject({
    code: 'DEVICE_PROOF_REJECTED',
  });
  expect(proofs).toHaveLength(1);
});
