import { verify, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import {
  type DerValue,
  octetsOfBitString,
  parseDer,
  TAG,
} from '../../../src/features/certificates/x509/der.js';
import { pemOf } from '../../../src/features/certificates/x509/pem.js';
import {
  encodeEntries,
  type RevocationListDraft,
  signRevocationList,
} from '../../../src/features/certificates/x509/revocation-list.js';
import { type Signer, signerFrom } from '../../../src/features/certificates/x509/signer.js';
import { softwareKey } from '../../../src/features/certificates/x509/signing-key.js';
import { at, extensionValue } from '../../helpers/certificates/der-path.js';
import { extensionsOf, newAuthority, type TestAuthority } from './authorities.js';
import { Openssl } from './openssl.js';

const ALGORITHMS = ['RSA-2048', 'P-256', 'P-384'] as const;
const NOW = new Date('2026-03-01T12:00:00Z');
const NEXT = new Date('2026-03-02T12:00:00Z');
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const TIMES: ReadonlySet<number> = new Set([UTC_TIME, GENERALIZED_TIME]);
const REASONS = {
  keyCompromise: '0a0101',
  cACompromise: '0a0102',
  affiliationChanged: '0a0103',
  superseded: '0a0104',
  cessationOfOperation: '0a0105',
  certificateHold: '0a0106',
  privilegeWithdrawn: '0a0109',
} as const;

const openssl = new Openssl();
const authorities = new Map<string, TestAuthority>();
beforeAll(async () => {
  for (const algorithm of ALGORITHMS) authorities.set(algorithm, await newAuthority(algorithm));
});
afterAll(() => {
  openssl.remove();
});

function partsOf(algorithm: string): { certificate: X509Certificate; signer: Signer } {
  const { issuing } = authorities.get(algorithm)?.material ?? {};
  if (issuing === undefined) throw new Error(`no CA of type ${algorithm}`);
  const certificate = new X509Certificate(issuing.certificateDer);
  return { certificate, signer: signerFrom(certificate, softwareKey(issuing.privateKeyPkcs8)) };
}

const list = (algorithm: string, changes: Partial<RevocationListDraft> = {}): Promise<Buffer> =>
  signRevocationList(partsOf(algorithm).signer, {
    number: 1n,
    thisUpdate: NOW,
    nextUpdate: NEXT,
    entries: [],
    ...changes,
  });

const entry = (serialNumber: string, reason: string | null = null, revokedAt = NOW): Buffer =>
  encodeEntries([{ serialNumber, revokedAt, reason }]);

/** What the rules of RFC 5280 5 ask of any list; strict DER, or the reading of it throws. */
function brokenRules(der: Buffer, issuer: X509Certificate): string[] {
  const list = parseDer(der);
  const [tbs, extensions] = [at(list, 0), at(list, 0, -1, 0)];
  const revoked = tbs.items.length > 6 ? at(tbs, 5).items : null;
  const rules: Record<string, boolean> = {
    'version 2': at(tbs, 0).encoded.equals(Buffer.of(2, 1, 1)),
    'the same algorithm twice': at(tbs, 1).encoded.equals(at(list, 1).encoded),
    'the name of the issuer': at(tbs, 2).encoded.equals(at(parseDer(issuer.raw), 0, 5).encoded),
    'times in order':
      [at(tbs, 3), at(tbs, 4)].every(({ tag }) => TIMES.has(tag)) &&
      at(tbs, 3).content.compare(at(tbs, 4).content) < 0,
    'revokedCertificates absent when empty': revoked === null || revoked.length > 0,
    'entries as they must be': (revoked ?? []).every(isSoundEntry),
    'no serial number twice': new Set(serialsIn(revoked)).size === serialsIn(revoked).length,
    'extensions in their place':
      at(tbs, -1).tag === TAG.CONTEXT_0 && tbs.items.length === (revoked === null ? 6 : 7),
    ...extensionRules(extensions, issuer),
    signature: isSignedBy(list, issuer),
  };
  return Object.keys(rules).filter((rule) => rules[rule] !== true);
}

function extensionRules(extensions: DerValue, issuer: X509Certificate): Record<string, boolean> {
  const oids = extensions.items.map((each) => at(each, 0).content.toString('hex'));
  const number = parseDer(extensionValue(extensions, '551d14') ?? Buffer.of()).content;
  const keyId = extensionsOf(issuer.raw)['551d0e']?.slice(4) ?? '';
  return {
    'AKI with the key id of the issuer':
      extensionValue(extensions, '551d23')?.toString('hex') === `30168014${keyId}`,
    'cRLNumber not negative, at most 20 octets': number.length <= 20 && number.readUInt8(0) < 0x80,
    'AKI and cRLNumber once each, neither critical':
      oids.join() === '551d23,551d14' && extensions.items.every(({ items }) => items.length === 2),
  };
}

function isSoundEntry(entry: DerValue): boolean {
  const serial = at(entry, 0).content;
  const isPositive = serial.readUInt8(0) < 0x80 && serial.length <= 20;
  return isPositive && TIMES.has(at(entry, 1).tag) && entry.items.length <= 3;
}

function isSignedBy(list: DerValue, { publicKey }: X509Certificate): boolean {
  const isLong = publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  const signature = octetsOfBitString(at(list, 2));
  return verify(isLong ? 'sha384' : 'sha256', at(list, 0).encoded, publicKey, signature);
}

const serialsIn = (revoked: readonly DerValue[] | null): string[] =>
  (revoked ?? []).map((each) => at(each, 0).content.toString('hex'));

describe.each(ALGORITHMS)('a list by a key of %s', (algorithm) => {
  test.each([
    ['empty', []],
    ['with one entry', [entry('2A')]],
    ['with each reason', Object.keys(REASONS).map((reason, i) => entry(`F${String(i)}AB`, reason))],
    ['with entries in portions', [Buffer.concat([entry('01'), entry('02')]), entry('03')]],
  ] as const)('breaks no rule of RFC 5280: %s', async (_what, entries) => {
    const der = await list(algorithm, { entries });
    expect(brokenRules(der, partsOf(algorithm).certificate)).toEqual([]);
    openssl.write('list.crl', pemOf(der).replaceAll('CERTIFICATE', 'X509 CRL'));
    openssl.write('issuer.pem', partsOf(algorithm).certificate.toString());
    const checked = openssl.run('crl', '-in', 'list.crl', '-CAfile', 'issuer.pem', '-noout');
    expect([checked.isOk, checked.stderr.trim()]).toEqual([true, 'verify OK']);
  });

  test('signed by another key is told apart', async () => {
    const other = ALGORITHMS.find((each) => each !== algorithm) ?? '';
    const der = await list(algorithm);
    expect(brokenRules(der, partsOf(other).certificate)).toContain('signature');
  });
});

describe('an entry', () => {
  test.each(Object.entries(REASONS))('says %s as an ENUMERATED', (reason, encoded) => {
    const extension = parseDer(entry('2A', reason)).items[2];
    expect(extension?.encoded.toString('hex')).toBe(`300c300a0603551d150403${encoded}`);
  });

  test.each([null, 'unspecified', 'removeFromCRL', 'toString', ''])(
    'says nothing of %p',
    (reason) => {
      expect(parseDer(entry('2A', reason)).items).toHaveLength(2);
    },
  );

  test('has a serial number as in the certificate, whatever its first bit', () => {
    for (const serial of ['01', '7F', '80', 'FF00', '00'.concat('AB').slice(2), 'FF'.repeat(16)]) {
      const content = parseDer(entry(serial)).items[0]?.content ?? Buffer.of();
      expect(BigInt(`0x${content.toString('hex')}`)).toBe(BigInt(`0x${serial}`));
    }
  });

  test('is in UTCTime before 2050 and in GeneralizedTime from then on', () => {
    const times = ['2049-12-31T23:59:59.999Z', '2050-01-01T00:00:00Z'].map((at) => {
      const time = parseDer(entry('01', null, new Date(at))).items[1];
      return [time?.tag, time?.content.toString()];
    });
    expect(times).toEqual([
      [UTC_TIME, '491231235959Z'],
      [GENERALIZED_TIME, '20500101000000Z'],
    ]);
  });
});

test('the number of a list is a minimal INTEGER, however large', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 150n }), async (number) => {
      const der = await list('P-256', { number });
      const value = extensionValue(at(parseDer(der), 0, -1, 0), '551d14');
      const { content } = parseDer(value ?? Buffer.of());
      expect(BigInt(`0x${content.toString('hex')}`)).toBe(number);
    }),
    { numRuns: 50 },
  );
});

test('a list of 100,000 entries is read by OpenSSL, entry by entry', async () => {
  const portions = Array.from({ length: 100 }, (_, i) =>
    Buffer.concat(
      Array.from({ length: 1000 }, (_each, j) =>
        entry((0xa0000000 + i * 1000 + j).toString(16), 'superseded'),
      ),
    ),
  );
  const der = await list('P-256', { entries: portions });
  openssl.write('long.crl', der);
  openssl.write('issuer.pem', partsOf('P-256').certificate.toString());
  const checked = openssl.run(
    'crl',
    '-inform',
    'DER',
    '-in',
    'long.crl',
    '-CAfile',
    'issuer.pem',
    '-noout',
  );
  expect(checked.stderr.trim()).toBe('verify OK');
  expect(at(parseDer(der), 0, 5).items).toHaveLength(100_000);
});
