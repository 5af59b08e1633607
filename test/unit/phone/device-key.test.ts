import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import { codeHash, makeDeviceKey, proveClaim } from '../../../src/phone/keys/device-key.js';

const CODE = 'q83vEjRWeJCrze8SNFZ4kA';
const ISSUED_AT = new Date('2026-01-15T10:00:00.900Z');
const CLAIM = { audience: 'https://id.example', code: CODE, issuedAt: ISSUED_AT };

test('a proof verifies with the key in its own header, for its audience and type', async () => {
  const proof = await proveClaim(await makeDeviceKey(), CLAIM);
  const { payload } = await jwtVerify(proof, EmbeddedJWK, {
    audience: 'https://id.example',
    typ: 'claim+jwt',
    algorithms: ['ES256'],
    currentDate: ISSUED_AT,
  });
  expect(payload).toEqual({
    aud: 'https://id.example',
    iat: Date.UTC(2026, 0, 15, 10) / 1000,
    cth: createHash('sha256').update(CODE).digest('base64url'),
  });
});

test('a proof shows the public key only', async () => {
  const key = await makeDeviceKey();
  const header = decodeProtectedHeader(await proveClaim(key, CLAIM));
  expect(header).toEqual({ alg: 'ES256', typ: 'claim+jwt', jwk: key.publicJwk });
  expect(Object.keys(key.publicJwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
});

test('the thumbprint is the one of RFC 7638', async () => {
  const key = await makeDeviceKey();
  expect(key.thumbprint).toBe(await calculateJwkThumbprint({ ...key.publicJwk }));
});

test('the device key cannot be read out', async () => {
  const { privateKey } = await makeDeviceKey();
  expect(privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow(/not extractable/);
});

test('the code is hashed as base64url of SHA-256', async () => {
  expect(await codeHash('abc')).toBe(createHash('sha256').update('abc').digest('base64url'));
});
