import { createHash, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { EstAnswerService } from '../../../src/features/enrolment/est/est-answer.service';
import { algorithmLike } from '../../../src/features/enrolment/est/est-key.service';
import { describeDevice, tlsKeyThumbprint } from '../../../src/features/enrolment/est/tls-key';
import { Openssl } from '../certificates/openssl';
import { selfSigned, selfSignedAgain } from '../certificates/self-signed';

let openssl: Openssl;
beforeAll(() => {
  openssl = new Openssl();
});
afterAll(() => {
  openssl.remove();
});

const shown = (der: Buffer) => ({ der, intermediates: [] });

describe('the key of a connection', () => {
  test.each([
    ['P-256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA', ['-newkey', 'rsa:2048']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('%s is known by its thumbprint, whatever certificate it stands in', async (_name, newKey) => {
    const { der } = selfSigned(openssl, '/CN=one', newKey);
    const { publicKey } = new X509Certificate(der);
    const other = selfSignedAgain(openssl, '/CN=other');
    const thumbprint = await tlsKeyThumbprint(shown(der));
    expect(thumbprint).toBe(await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })));
    expect(await tlsKeyThumbprint(shown(other.der))).toBe(thumbprint);
  });

  test.each([
    ['RSA of 1024 bits', ['-newkey', 'rsa:1024']],
    ['P-521', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['secp256k1', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  ])('%s is not relied on', async (_name, newKey) => {
    const { der } = selfSigned(openssl, '/CN=one', newKey);
    await expect(tlsKeyThumbprint(shown(der))).rejects.toMatchObject({
      code: 'DEVICE_PROOF_REJECTED',
      facts: { reason: 'KEY' },
    });
  });

  test.each([
    ['nothing', () => Buffer.alloc(0)],
    ['PEM', () => Buffer.from(selfSigned(openssl, '/CN=one').pem)],
    [
      'a certificate with something behind it',
      () => Buffer.concat([selfSigned(openssl, '/CN=one').der, Buffer.of(0)]),
    ],
  ])('%s is no certificate', async (_name, der) => {
    await expect(tlsKeyThumbprint(shown(der()))).rejects.toMatchObject({
      facts: { reason: 'FORM' },
    });
  });
});

describe('a device', () => {
  test('is called what its certificate says', () => {
    expect(
      describeDevice(shown(selfSigned(openssl, '/O=Example/CN=Meter 7').der), 'libest 3'),
    ).toEqual({
      name: 'Meter 7',
      platform: 'libest 3',
      model: null,
    });
  });

  test('without a name that can be read is an EST client', () => {
    const long = selfSigned(openssl, '/O=No name').der;
    expect(describeDevice(shown(long), null)).toEqual({
      name: 'EST client',
      platform: 'EST',
      model: null,
    });
    expect(describeDevice(null, 'x'.repeat(300)).platform).toHaveLength(100);
    expect(describeDevice(null, 'a\u202eb').platform).toBe('EST');
  });
});

test.each([
  ['P-384', 'P-384'],
  ['RSA-2048', 'RSA-2048'],
  ['RSA-4096', 'RSA-3072'],
  ['RSA-2047', 'RSA-3072'],
  ['something', 'P-256'],
])('for a request with %s the server makes %s', (wished, made) => {
  expect(algorithmLike(wished)).toBe(made);
});

test('a key that was delivered too long ago is gone', () => {
  const given = { kind: 'ENCRYPTION', sealedKey: null } as never;
  const request = { keyOrigin: 'SERVER', csr: createHash('sha256').digest() } as never;
  expect(() => new EstAnswerService().again(given, request)).toThrow(
    expect.objectContaining({ code: 'CONFLICT' }),
  );
});
