import { randomUUID, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import type { KeyAlgorithm } from '../../../src/kernel/key-algorithm.js';
import { DerError, parseDer } from '../../../src/features/certificates/x509/der.js';
import {
  type CertificateQuestion,
  readOcspRequest,
} from '../../../src/features/certificates/x509/ocsp-request.js';
import {
  ocspFailure,
  type OcspSigner,
  type RevocationStatus,
  signOcspResponse,
} from '../../../src/features/certificates/x509/ocsp-response.js';
import {
  ocspKeyAlgorithm,
  ocspSignerCertificate,
  openOcspSigner,
} from '../../../src/features/certificates/x509/ocsp-signer.js';
import { readIssuer, signerFrom } from '../../../src/features/certificates/x509/signer.js';
import {
  newSoftwareKey,
  softwareKey,
} from '../../../src/features/certificates/x509/signing-key.js';
import {
  certId,
  nonceExtension,
  ocspRequest,
  readAnswer,
} from '../../helpers/certificates/ocsp.js';
import { extensionsOf, newAuthority, tbsOf } from './authorities.js';
import { Openssl } from './openssl.js';

const ALGORITHMS = ['RSA-2048', 'P-256', 'P-384'] as const;
const WEEK_MS = 7 * 86_400_000;
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const inAnHour = new Date(now.getTime() + 3_600_000);
const openssl = new Openssl();
afterAll(() => {
  openssl.remove();
});

interface Responder {
  readonly issuer: X509Certificate;
  readonly root: string;
  readonly by: OcspSigner;
}
async function responderOf(algorithm: KeyAlgorithm): Promise<Responder> {
  const { material, authority } = await newAuthority(algorithm, now);
  const issuer = new X509Certificate(material.issuing.certificateDer);
  const signer = signerFrom(issuer, softwareKey(material.issuing.privateKeyPkcs8));
  const pkcs8 = await newSoftwareKey(ocspKeyAlgorithm(signer.keyAlgorithm));
  const certificate = await ocspSignerCertificate(signer, {
    key: softwareKey(pkcs8),
    id: randomUUID(),
    validity: { notBefore: now, notAfter: new Date(now.getTime() + WEEK_MS) },
    authorityValidity: readIssuer(issuer).validity,
  });
  return { issuer, root: authority.chainPem[1] ?? '', by: openOcspSigner(certificate, pkcs8) };
}

const revoked = (reason: string | null): RevocationStatus => ({
  kind: 'revoked',
  revokedAt: now,
  reason,
});
const STATUSES: readonly [string, RevocationStatus, number | null][] = [
  ['good', { kind: 'good' }, null],
  ['unknown', { kind: 'unknown' }, null],
  ['revoked', revoked(null), null],
  ['revoked', revoked('unspecified'), null],
  ['revoked', revoked('keyCompromise'), 1],
  ['revoked', revoked('certificateHold'), 6],
  ['revoked', revoked('privilegeWithdrawn'), 9],
];

describe.each(ALGORITHMS)('by a responder of an authority of %s', (algorithm) => {
  let responder: Responder;
  let id: Buffer;
  beforeAll(async () => {
    responder = await responderOf(algorithm);
    id = certId(responder.issuer.toString(), '7F01');
  });
  const answer = (status: RevocationStatus, nonce: Buffer | null = null): Promise<Buffer> =>
    signOcspResponse(responder.by, {
      certificates: [{ id, status }],
      producedAt: now,
      nextUpdate: inAnHour,
      nonce,
    });

  test.each(STATUSES)('%s is said in DER, with %o', async (status, given, reason) => {
    const der = await answer(given);
    const read = readAnswer(der, responder.issuer.toString());
    expect(read).toMatchObject({
      code: 0,
      producedAt: now,
      nonce: null,
      answers: [{ id: id.toString('hex'), status, reason, thisUpdate: now, nextUpdate: inAnHour }],
    });
    parseDer(parseDer(der).items[1]?.items[0]?.items[1]?.content ?? Buffer.of());
  });

  test('OpenSSL verifies it, with the nonce', async () => {
    openssl.write('issuer.pem', responder.issuer.toString());
    openssl.write('root.pem', responder.root);
    const ask = ['-issuer', 'issuer.pem', '-serial', '0x7F01', '-nonce', '-reqout', 'request.der'];
    openssl.print('ocsp', ...ask);
    const made = openssl.print('ocsp', '-reqin', 'request.der', '-req_text');
    expect(made).toContain('OCSP Nonce');
    const nonce = Buffer.from(/OCSP Nonce:\s+0410([0-9A-F]{32})/.exec(made)?.[1] ?? '', 'hex');
    openssl.write('response.der', await answer({ kind: 'good' }, nonce));
    const trust = ['-CAfile', 'root.pem', '-verify_other', 'issuer.pem'];
    const said = openssl.run(
      ...['ocsp', '-reqin', 'request.der', '-respin', 'response.der'],
      ...trust,
    );
    expect([said.isOk, said.stderr.trim()]).toEqual([true, 'Response verify OK']);
  });

  test('the responder’s certificate is of that authority, for OCSP alone, and names no place to check it', () => {
    const { certificateDer, notAfter } = responder.by;
    const certificate = new X509Certificate(certificateDer);
    expect(certificate.verify(responder.issuer.publicKey)).toBe(true);
    expect(notAfter.getTime() - now.getTime()).toBe(WEEK_MS);
    const extensions = extensionsOf(certificateDer);
    expect(Object.keys(extensions).sort()).toEqual(
      ['551d0e', '551d0f', '551d23', '551d25', '2b0601050507300105'].sort(),
    );
    expect(extensions['551d0f']).toBe('critical 03020780');
    expect(extensions['551d25']).toBe('300a06082b06010505070309');
    expect(extensions['2b0601050507300105']).toBe('0500');
    expect(extensions['551d23']).toBe(
      `30168014${extensionsOf(responder.issuer.raw)['551d0e']?.slice(4) ?? ''}`,
    );
    const [, serial, inner] = tbsOf(certificateDer);
    expect(serial?.content.length).toBeLessThanOrEqual(17);
    expect(inner?.encoded).toEqual(parseDer(certificateDer).items[1]?.encoded);
  });
});

test.each([
  ['RSA-4096', 'RSA-2048'],
  ['RSA-2048', 'RSA-2048'],
  ['P-256', 'P-256'],
  ['P-384', 'P-384'],
] as const)('an authority of %s has a responder of %s', (authority, responder) => {
  expect(ocspKeyAlgorithm(authority)).toBe(responder);
});

test.each([
  ['malformedRequest', '30030a0101'],
  ['internalError', '30030a0102'],
  ['tryLater', '30030a0103'],
  ['unauthorized', '30030a0106'],
] as const)('%s is five octets', (failure, encoded) => {
  expect(ocspFailure(failure).toString('hex')).toBe(encoded);
});

describe('a request', () => {
  let issuer: string;
  beforeAll(async () => {
    issuer = (await newAuthority('P-256', now)).authority.certificatePem;
  });

  test.each(['sha1', 'sha256'] as const)('of OpenSSL, by %s, is read as what it is', (hash) => {
    openssl.write('issuer.pem', issuer);
    const serials = ['-serial', '0x7F01', '-serial', '0xFF00', '-serial', '0x01'];
    openssl.print('ocsp', `-${hash}`, '-issuer', 'issuer.pem', ...serials, '-reqout', 'r.der');
    const { questions, nonce } = readOcspRequest(openssl.read('r.der'));
    const parts = ({ hashOid, issuerNameHash, issuerKeyHash, serialNumber }: CertificateQuestion) =>
      [hashOid, issuerNameHash, issuerKeyHash, serialNumber].map(String);
    const [built] = readOcspRequest(ocspRequest([certId(issuer, '7F01', hash)])).questions;
    expect(questions.map(({ serialNumber }) => serialNumber)).toEqual(['7F01', 'FF00', '01']);
    expect(questions.map(parts)[0]).toEqual(built && parts(built));
    expect(nonce).toHaveLength(16);
  });

  test('for a serial number that no certificate can have is for nobody’s', () => {
    const negative = Buffer.from(certId(issuer, '7F01'));
    negative[negative.length - 2] = 0x80;
    const tooLong = certId(issuer, '7f'.repeat(21));
    const { questions } = readOcspRequest(ocspRequest([negative, tooLong]));
    expect(questions.map(({ serialNumber }) => serialNumber)).toEqual([null, null]);
  });

  test('gives its nonce without the wrapping', () => {
    const nonce = Buffer.from('nonce');
    const request = ocspRequest([certId(issuer, '01')], [nonceExtension(nonce)]);
    expect(readOcspRequest(request).nonce).toEqual(nonce);
    expect(readOcspRequest(ocspRequest([certId(issuer, '01')])).nonce).toBeNull();
  });

  test('of any octets is read or refused as malformed, never anything else', () => {
    const request = ocspRequest([certId(issuer, '01')], [nonceExtension(Buffer.from('nonce'))]);
    const bent = fc
      .array(fc.tuple(fc.nat(request.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const copy = Buffer.from(request);
        for (const [at, octet] of changes) copy[at] = octet;
        return copy;
      });
    const any = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
    fc.assert(
      fc.property(fc.oneof(bent, any), (der) => {
        expect(['read', 'malformed']).toContain(outcomeOf(der));
      }),
      { numRuns: 3000 },
    );
  });
});

function outcomeOf(der: Buffer): string {
  try {
    readOcspRequest(der);
    return 'read';
  } catch (error) {
    return error instanceof DerError ? 'malformed' : String(error);
  }
}
