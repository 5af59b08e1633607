import { createHash, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { KEY_ALGORITHMS } from '../../../src/kernel/key-algorithm.js';
import { parseDer } from '../../../src/features/certificates/x509/der.js';
import { serialFrom } from '../../../src/features/certificates/x509/serial-number.js';
import {
  extensionsOf,
  HOLDER_KEYS,
  newAuthority,
  open,
  orderOf,
  PKI_URL,
  PROFILE_ID,
  tbsOf,
  type TestAuthority,
  verifyWith,
  x509,
} from './authorities.js';
import { Openssl } from './openssl.js';

const SLOW_KEYS_MS = 120_000;
const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;
const KEY_TYPES = ['P-256', 'P-384', 'RSA-2048'] as const;
const POLICY_OID = '1.3.6.1.4.1.32473.2.1';
const openssl = new Openssl();
const made = new Map<string, TestAuthority>();

beforeAll(async () => {
  for (const algorithm of KEY_ALGORITHMS) made.set(algorithm, await newAuthority(algorithm));
}, SLOW_KEYS_MS);

afterAll(() => {
  openssl.remove();
});

function testAuthority(algorithm = 'P-256'): TestAuthority {
  const found = made.get(algorithm);
  if (!found) throw new Error(`no CA of type ${algorithm}`);
  return found;
}

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

describe.each(KEY_ALGORITHMS)('a %s authority', (algorithm) => {
  test('shows its own certificate and the chain up to a root that signed itself', () => {
    const { authority, material } = testAuthority(algorithm);
    const [issuing, root] = authority.chainPem.map(x509);
    expect(authority.keyAlgorithm).toBe(algorithm);
    expect(authority.chainPem).toHaveLength(2);
    expect(issuing?.toString()).toBe(authority.certificatePem);
    expect(root?.raw.equals(material.root.certificateDer)).toBe(true);
    expect(root?.verify(root.publicKey)).toBe(true);
    expect(root && issuing?.checkIssued(root)).toBe(true);
    expect(authority.fingerprint).toBe(issuing?.fingerprint256);
    expect(issuing?.ca).toBe(true);
    expect(verifyWith(openssl, authority.certificatePem, { authority })).toContain('OK');
  });

  const cases = KINDS.flatMap((kind) => KEY_TYPES.map((keyType) => [kind, keyType] as const));

  test.each(cases)(
    'issues %s certificates for %s keys that openssl accepts',
    async (kind, keyType) => {
      const { authority } = testAuthority(algorithm);
      const issued = await authority.issue(orderOf({ kind, publicKeySpki: HOLDER_KEYS[keyType] }));
      const policy = ['-policy', POLICY_OID, '-explicit_policy', '-policy_check'];
      const isForClients = kind === 'AUTHENTICATION';
      const isForMail = kind === 'ENCRYPTION' && keyType === 'RSA-2048';
      const check = (...options: string[]): boolean =>
        verifyWith(openssl, issued.pem, { authority, options }).endsWith('OK');
      expect(check(...policy)).toBe(true);
      expect(check('-purpose', 'sslclient')).toBe(isForClients);
      expect(check('-purpose', 'smimeencrypt')).toBe(isForMail);
      expect(
        ['sslserver', 'smimesign', 'timestampsign', 'crlsign'].filter((it) =>
          check('-purpose', it),
        ),
      ).toEqual([]);
    },
  );

  test('issues certificates that node:crypto reads back as ordered', async () => {
    const { authority } = testAuthority(algorithm);
    const issued = await authority.issue(orderOf());
    const certificate = x509(issued.pem);
    const issuer = x509(authority.certificatePem);
    expect(certificate.raw.equals(issued.der)).toBe(true);
    expect(certificate.toString()).toBe(issued.pem);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.serialNumber).toBe(issued.serialNumber);
    expect(certificate.fingerprint256).toBe(issued.fingerprint);
    expect(
      certificate.publicKey.equals(
        createPublicKey({ key: HOLDER_KEYS['P-256'], format: 'der', type: 'spki' }),
      ),
    ).toBe(true);
    expect(certificate.subject).toBe(`serialNumber=${PROFILE_ID}\nCN=Alva Lind`);
    expect(issued.subject).toBe(`CN=Alva Lind,serialNumber=${PROFILE_ID}`);
    expect(issued.issuer).toBe(authority.subject);
    expect(certificate.issuer).toBe(issued.issuer);
    expect(new Date(certificate.validFrom)).toEqual(issued.notBefore);
    expect(new Date(certificate.validTo)).toEqual(issued.notAfter);
    expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${PROFILE_ID}, email:alva@example.org`);
  });

  test('names its signature algorithm the same way inside and outside', async () => {
    const { authority } = testAuthority(algorithm);
    const { der } = await authority.issue(orderOf());
    const outer = parseDer(der).items[1]?.encoded.toString('hex');
    const expected = algorithm.startsWith('RSA')
      ? '300d06092a864886f70d01010b0500'
      : { 'P-256': '300a06082a8648ce3d040302', 'P-384': '300a06082a8648ce3d040303' }[
          algorithm as 'P-256'
        ];
    expect(outer).toBe(expected);
    expect(tbsOf(der)[2]?.encoded.toString('hex')).toBe(expected);
  });
});

describe('extensions', () => {
  const keyIdOf = (der: Buffer): string => {
    const key = tbsOf(der)[6]?.items[1]?.content.subarray(1) ?? Buffer.alloc(0);
    return createHash('sha256').update(key).digest('hex').slice(0, 40);
  };

  test.each([
    ['AUTHENTICATION', 'P-256', '03020780', '300a06082b06010505070302'],
    ['SIGNATURE', 'P-256', '03020640', '300a06082b06010505070324'],
    ['ENCRYPTION', 'RSA-2048', '03020520', '300a06082b06010505070304'],
    ['ENCRYPTION', 'P-256', '03020308', '300a06082b06010505070304'],
    ['ENCRYPTION', 'P-384', '03020308', '300a06082b06010505070304'],
  ] as const)(
    'of an %s certificate for a %s key are those of the profile',
    async (kind, keyType, usage, purpose) => {
      const { authority } = testAuthority();
      const { der } = await authority.issue(orderOf({ kind, publicKeySpki: HOLDER_KEYS[keyType] }));
      const issuerUrl = `${PKI_URL}/pki/${authority.issuerId}`;
      const extensions = extensionsOf(der);
      expect(tbsOf(der)[0]?.items[0]?.content).toEqual(Buffer.of(2));
      expect(Object.keys(extensions).sort()).toEqual(
        [
          '2b06010505070101',
          '551d0e',
          '551d0f',
          '551d11',
          '551d1f',
          '551d20',
          '551d23',
          '551d25',
        ].sort(),
      );
      expect(extensions['551d0f']).toBe(`critical ${usage}`);
      expect(extensions['551d25']).toBe(purpose);
      expect(extensions['551d0e']).toBe(`0414${keyIdOf(der)}`);
      expect(extensions['551d23']).toBe(`30168014${keyIdOf(x509(authority.certificatePem).raw)}`);
      expect(extensions['551d1f']).toContain(hexOf(`${issuerUrl}.crl`));
      expect(extensions['2b06010505070101']).toContain(
        `06082b060105050730018620${hexOf(`${PKI_URL}/pki/ocsp`)}`,
      );
      expect(extensions['2b06010505070101']).toContain(hexOf(`${issuerUrl}.cer`));
      expect([authority.crlUrl, authority.ocspUrl]).toEqual([
        `${issuerUrl}.crl`,
        `${PKI_URL}/pki/ocsp`,
      ]);
    },
  );

  test('of CRL distribution point and issuer access read as openssl would have written them', async () => {
    const { authority } = testAuthority();
    openssl.write('leaf.pem', (await authority.issue(orderOf())).pem);
    const text = openssl.print('x509', '-in', 'leaf.pem', '-noout', '-text');
    expect(text).toContain(`Full Name:\n${' '.repeat(18)}URI:${authority.crlUrl}`);
    expect(text).toContain(`OCSP - URI:${authority.ocspUrl}\n`);
    expect(text).toContain(`CA Issuers - URI:${PKI_URL}/pki/${authority.issuerId}.cer\n`);
    expect(text).toContain(`Policy: ${POLICY_OID}\n`);
  });

  test('of root and issuing CA bound what they may sign and say where the root is found', () => {
    const { authority, material } = testAuthority();
    const root = extensionsOf(material.root.certificateDer);
    const issuing = extensionsOf(material.issuing.certificateDer);
    const rootUrl = `${PKI_URL}/pki/${material.root.id}`;
    expect(Object.keys(root).sort()).toEqual(['551d0e', '551d0f', '551d13', '551d23']);
    expect(Object.keys(issuing).sort()).toEqual(
      ['2b06010505070101', '551d0e', '551d0f', '551d13', '551d1f', '551d20', '551d23'].sort(),
    );
    expect([root['551d13'], issuing['551d13']]).toEqual([
      'critical 30060101ff020101',
      'critical 30060101ff020100',
    ]);
    expect([root['551d0f'], issuing['551d0f']]).toEqual(['critical 03020106', 'critical 03020106']);
    expect(root['551d23']?.slice(8)).toBe(root['551d0e']?.slice(4));
    expect(issuing['551d23']?.slice(8)).toBe(root['551d0e']?.slice(4));
    expect(issuing['551d1f']).toContain(hexOf(`${rootUrl}.crl`));
    expect(issuing['2b06010505070101']).toContain(hexOf(`${rootUrl}.cer`));
    expect(issuing['2b06010505070101']).toContain(hexOf(`${PKI_URL}/pki/ocsp`));
    expect(authority.issuerId).toBe(material.issuing.id);
  });

  test('of an encryption certificate without an address name no purpose and no address', async () => {
    const { authority } = testAuthority();
    const { der, pem } = await authority.issue(orderOf({ kind: 'ENCRYPTION', email: undefined }));
    expect(extensionsOf(der)).not.toHaveProperty('551d25');
    expect(x509(pem).subjectAltName).toBe(`URI:urn:uuid:${PROFILE_ID}`);
    expect(verifyWith(openssl, pem, { authority })).toBe('leaf.pem: OK');
  });

  test('carry an address with a foreign domain in ASCII, and one with a foreign local part as SmtpUTF8Mailbox', async () => {
    const { authority } = testAuthority();
    const domain = await authority.issue(orderOf({ email: 'alva@exämple.org' }));
    const local = await authority.issue(orderOf({ kind: 'ENCRYPTION', email: 'älva@exämple.org' }));
    expect(x509(domain.pem).subjectAltName).toContain('email:alva@xn--exmple-cua.org');
    openssl.write('leaf.pem', local.pem);
    const text = openssl.print(
      'x509',
      '-in',
      'leaf.pem',
      '-noout',
      '-ext',
      'subjectAltName,extendedKeyUsage',
    );
    expect(text).toContain('othername: SmtpUTF8Mailbox::älva@xn--exmple-cua.org');
    expect(text).toContain('E-mail Protection');
    expect(verifyWith(openssl, local.pem, { authority })).toBe('leaf.pem: OK');
  });
});

describe('names', () => {
  test.each([
    'CN=Eva,O=Bank',
    'Eva/O=Bank',
    'Eva\nO=Bank',
    'Eva\0.example.org',
    'Eva\r\n\t\u001b[2J',
    '"Eva" <eva@example.org>; a+b \\ #c',
    '#04024869',
    ' spaces around ',
    ' ',
    '\u202eavE',
    'Élodie 李小龍 👩‍👩‍👧',
  ])('stay data in one attribute: %j', async (commonName) => {
    const { authority } = testAuthority();
    const issued = await authority.issue(orderOf({ commonName }));
    const subject = tbsOf(issued.der)[5]?.items ?? [];
    const attributes = subject.map((rdn) => rdn.items.map(({ items }) => items));
    expect(attributes.map((rdn) => rdn.length)).toEqual([1, 1]);
    const [serialNumber, name] = attributes.map((rdn) => rdn[0]);
    expect(serialNumber?.map(({ tag }) => tag)).toEqual([0x06, 0x13]);
    expect(name?.map(({ tag }) => tag)).toEqual([0x06, 0x0c]);
    expect(name?.[1]?.content.toString('utf8')).toBe(commonName);
    expect(verifyWith(openssl, issued.pem, { authority })).toBe('leaf.pem: OK');
  });

  test.each(['a,b+c"d\\e<f>g;h', ' #x ', '#x', 'nul\0 tab\t', '李 ä 👩', '=', ' '])(
    'are printed as openssl prints RFC 2253: %j',
    async (commonName) => {
      const { authority } = testAuthority();
      const issued = await authority.issue(orderOf({ commonName }));
      openssl.write('leaf.pem', issued.pem);
      const options = [
        '-nameopt',
        'RFC2253,-esc_msb,utf8',
        '-noout',
        '-subject',
        '-in',
        'leaf.pem',
      ];
      expect(openssl.print('x509', ...options)).toBe(`subject=${issued.subject}\n`);
    },
  );

  test('are cut to 64 characters, never within one', async () => {
    const { authority } = testAuthority();
    const issued = await authority.issue(orderOf({ commonName: '👩'.repeat(70) }));
    expect(issued.subject).toBe(`CN=${'👩'.repeat(64)},serialNumber=${PROFILE_ID}`);
    expect(verifyWith(openssl, issued.pem, { authority })).toBe('leaf.pem: OK');
  });

  test('with half a surrogate pair become valid UTF-8', async () => {
    const issued = await testAuthority().authority.issue(orderOf({ commonName: 'Eva\ud83d' }));
    expect(issued.subject).toBe(`CN=Eva\ufffd,serialNumber=${PROFILE_ID}`);
    expect(x509(issued.pem).subject).toBe(`serialNumber=${PROFILE_ID}\nCN=Eva\ufffd`);
  });

  test('that are empty leave only the profile', async () => {
    const issued = await testAuthority().authority.issue(orderOf({ commonName: '' }));
    expect(issued.subject).toBe(`serialNumber=${PROFILE_ID}`);
    expect(x509(issued.pem).subject).toBe(`serialNumber=${PROFILE_ID}`);
  });

  test('of two authorities differ', () => {
    const subjects = KEY_ALGORITHMS.map((it) => testAuthority(it).authority.subject);
    expect(new Set(subjects).size).toBe(KEY_ALGORITHMS.length);
    expect(subjects.every((it) => /^CN=Signet Test Issuing CA [0-9a-f]{8}$/.test(it))).toBe(true);
  });
});

describe('validity', () => {
  test('begins five minutes early and ends as ordered, in whole seconds', async () => {
    const later = new Date('2026-06-01T00:00:00.999Z');
    const issued = await testAuthority().authority.issue(orderOf({ notBefore: later }));
    expect(issued.notBefore).toEqual(new Date('2026-05-31T23:55:00Z'));
    expect(issued.notAfter).toEqual(new Date('2028-03-01T12:00:00Z'));
  });

  test('stays within that of the issuer', async () => {
    const { authority } = testAuthority();
    const issuer = x509(authority.certificatePem);
    const issued = await authority.issue(
      orderOf({ notBefore: new Date('2020-01-01'), notAfter: new Date('2099-01-01') }),
    );
    expect(issued.notBefore).toEqual(new Date(issuer.validFrom));
    expect(issued.notAfter).toEqual(new Date(issuer.validTo));
    expect(issuer.validTo).toBe('Mar  1 12:00:00 2036 GMT');
    expect(x509(authority.chainPem.at(-1) ?? '').validTo).toBe('Mar  1 12:00:00 2046 GMT');
  });

  test.each([
    ['after the issuer has expired', '2040-01-01', '2041-01-01'],
    ['before the issuer exists', '2020-01-01', '2021-01-01'],
    ['that ends before it begins', '2027-01-02', '2027-01-01'],
    ['without a real date', 'x', '2027-01-01'],
  ])('%s is refused', async (_fact, notBefore, notAfter) => {
    const order = orderOf({ notBefore: new Date(notBefore), notAfter: new Date(notAfter) });
    await expect(testAuthority().authority.issue(order)).rejects.toThrow(RangeError);
  });

  test('is written as UTCTime before 2050 and as GeneralizedTime from then on', async () => {
    const at = new Date('2049-06-01T00:00:00Z');
    const { authority } = await newAuthority('P-256', at);
    const issued = await authority.issue(
      orderOf({ notBefore: at, notAfter: new Date('2050-01-01T00:00:00Z') }),
    );
    const times = tbsOf(issued.der)[4]?.items.map(({ tag, content }) => [tag, content.toString()]);
    expect(times).toEqual([
      [0x17, '490531235500Z'],
      [0x18, '20500101000000Z'],
    ]);
    expect(verifyWith(openssl, issued.pem, { authority, at })).toBe('leaf.pem: OK');
  });
});

describe('serial numbers', () => {
  test('are positive, minimal and keep every random bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        fc.pre(octets.some((octet) => octet !== 0));
        const random = Buffer.from(octets);
        const serial = serialFrom(random);
        const value = parseDer(Buffer.concat([Buffer.of(2, serial.length), serial]));
        expect(value.content.readUInt8(0)).toBeLessThan(0x80);
        expect(BigInt(`0x${serial.toString('hex')}`)).toBe(BigInt(`0x${random.toString('hex')}`));
      }),
    );
  });

  test.each([
    ['ff'.repeat(16), `00${'ff'.repeat(16)}`],
    ['00'.repeat(15) + '01', '01'],
    ['0080' + '00'.repeat(14), '0080' + '00'.repeat(14)],
  ])('made of %s are %s', (random, serial) => {
    expect(serialFrom(Buffer.from(random, 'hex')).toString('hex')).toBe(serial);
  });

  test('are never zero', () => {
    expect(() => serialFrom(Buffer.alloc(16))).toThrow(RangeError);
  });

  test('do not repeat', async () => {
    const { authority } = testAuthority();
    const issued = await Promise.all(Array.from({ length: 300 }, () => authority.issue(orderOf())));
    expect(new Set(issued.map(({ serialNumber }) => serialNumber)).size).toBe(300);
    expect(issued.every(({ der, serialNumber }) => x509(der).serialNumber === serialNumber)).toBe(
      true,
    );
  });
});

describe('an authority refuses', () => {
  test('a weak key', async () => {
    const publicKeySpki = openssl.run(
      'genpkey',
      '-algorithm',
      'RSA',
      '-pkeyopt',
      'rsa_keygen_bits:1024',
    ).stdout;
    const spki = createPublicKey(publicKeySpki).export({ format: 'der', type: 'spki' });
    await expect(
      testAuthority().authority.issue(orderOf({ publicKeySpki: spki })),
    ).rejects.toMatchObject({
      code: 'CSR_REJECTED',
      facts: { reason: 'WEAK_KEY' },
    });
  });

  test('a key with bytes behind it', async () => {
    const publicKeySpki = Buffer.concat([HOLDER_KEYS['P-256'], Buffer.of(0)]);
    await expect(testAuthority().authority.issue(orderOf({ publicKeySpki }))).rejects.toThrow(
      'bytes behind',
    );
  });

  test('a profile id that is not a UUID', async () => {
    await expect(
      testAuthority().authority.issue(orderOf({ profileId: 'x, CN=y' })),
    ).rejects.toThrow(TypeError);
  });

  test('to open with the key or the root of another', () => {
    const { material } = testAuthority('P-256');
    const { material: other } = testAuthority('P-384');
    const { root, issuing } = material;
    const { privateKeyPkcs8 } = other.issuing;
    expect(() => open({ root, issuing: { ...issuing, privateKeyPkcs8 } })).toThrow('another key');
    expect(() => open({ root: other.root, issuing })).toThrow('another root');
  });
});
