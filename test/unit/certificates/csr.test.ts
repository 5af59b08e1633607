import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import {
  MAX_REQUEST_CHARACTERS,
  readCertificateRequest,
} from '../../../src/features/certificates/x509/csr.js';
import { Openssl } from './openssl.js';
import {
  buildRequest,
  challengeAttribute,
  ecKey,
  hex,
  pemOfRequest,
  type RequestPlan,
  rsaKey,
  tlv,
} from './request-builder.js';

const openssl = new Openssl();
const ec = ecKey();
const rsa = rsaKey();

afterAll(() => {
  openssl.remove();
});

async function outcomeOf(pem: string): Promise<unknown> {
  return readCertificateRequest(pem).then(
    () => 'ACCEPTED',
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'DomainError', code: 'CSR_REJECTED' });
      return (error as { facts: { reason: string } }).facts.reason;
    },
  );
}

const outcomeOfPlan = (plan: RequestPlan): Promise<unknown> =>
  outcomeOf(pemOfRequest(buildRequest(plan)));

describe('requests made by openssl', () => {
  const CONFIG = (mask: string): string =>
    [
      '[req]',
      'prompt = no',
      `string_mask = ${mask}`,
      'distinguished_name = dn',
      'attributes = attrs',
      'req_extensions = ext',
      '[dn]',
      'CN = phone',
      'O = Älva',
      '[attrs]',
      'challengePassword = Xy7-challenge_0',
      '[ext]',
      'keyUsage = digitalSignature',
    ].join('\n');

  test.each([
    ['RSA-2048', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], 'sha256'],
    ['RSA-2048', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], 'sha512'],
    ['RSA-3072', ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'], 'sha384'],
    ['P-256', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'sha256'],
    ['P-256', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'sha512'],
    ['P-384', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'sha384'],
  ])('%s signed with %s is accepted', async (keyAlgorithm, keyOptions, hash) => {
    openssl.print('genpkey', '-algorithm', ...keyOptions, '-out', 'key.pem');
    openssl.write('req.cnf', CONFIG('utf8only'));
    const pem = openssl.print(
      'req',
      '-new',
      '-utf8',
      '-key',
      'key.pem',
      `-${hash}`,
      '-config',
      'req.cnf',
    );
    const spki = createPublicKey(openssl.print('pkey', '-in', 'key.pem', '-pubout')).export({
      format: 'der',
      type: 'spki',
    });
    const request = await readCertificateRequest(pem);
    expect(request.keyAlgorithm).toBe(keyAlgorithm);
    expect(request.publicKeySpki.equals(spki)).toBe(true);
    expect(request.publicKeyHash).toEqual(createHash('sha256').update(spki).digest());
    expect(request.challengePassword).toBe('Xy7-challenge_0');
  });

  test.each(['default', 'nombstr', 'pkix', 'utf8only', 'MASK:4', 'MASK:2048'])(
    'the challenge is read from any kind of string (%s)',
    async (mask) => {
      openssl.print(
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-out',
        'key.pem',
      );
      openssl.write('req.cnf', CONFIG(mask).replace('O = Älva', 'O = Alva'));
      const pem = openssl.print('req', '-new', '-key', 'key.pem', '-config', 'req.cnf');
      expect((await readCertificateRequest(pem)).challengePassword).toBe('Xy7-challenge_0');
    },
  );

  test.each([
    ['RSA-PSS', ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], 'ALGORITHM'],
    ['Ed25519', ['ED25519'], 'ALGORITHM'],
    ['P-521', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'ALGORITHM'],
    ['secp256k1', ['EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], 'ALGORITHM'],
    [
      'P-256 with explicit parameters',
      ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
      'ALGORITHM',
    ],
    ['RSA-1024', ['RSA', '-pkeyopt', 'rsa_keygen_bits:1024'], 'WEAK_KEY'],
    ['RSA-2040', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2040'], 'WEAK_KEY'],
    [
      'RSA with exponent 3',
      ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'],
      'WEAK_KEY',
    ],
  ])('%s is rejected', async (_name, keyOptions, reason) => {
    openssl.print('genpkey', '-algorithm', ...keyOptions, '-out', 'key.pem');
    openssl.write('req.cnf', CONFIG('utf8only'));
    const pem = openssl.print('req', '-new', '-utf8', '-key', 'key.pem', '-config', 'req.cnf');
    expect(await outcomeOf(pem)).toBe(reason);
  });
});

describe('one changed byte', () => {
  const MASKS = [1, 2, 4, 8, 16, 32, 64, 128, 0xff];
  /** Where one bit is as good as another. */
  const MASKS_WITHIN_NUMBER = [1, 128, 0xff];
  const RSA_BYTES = 256;
  const modulus = Buffer.from(rsa.export({ format: 'jwk' }).n ?? '', 'base64url');

  test.each<[string, typeof ec, (der: Buffer) => number[]]>([
    ['EC', ec, () => []],
    ['RSA', rsa, (der) => [der.indexOf(modulus), der.length - RSA_BYTES]],
  ])('anywhere in an %s request gets it rejected', async (_type, privateKey, longNumbersOf) => {
    const der = buildRequest({ privateKey });
    expect(await outcomeOf(pemOfRequest(der))).toBe('ACCEPTED');
    const longNumbers = longNumbersOf(der);
    const isWithinNumber = (position: number): boolean =>
      longNumbers.some((start) => position > start && position < start + RSA_BYTES - 1);
    const accepted: string[] = [];
    for (const position of der.keys()) {
      const masks = isWithinNumber(position) ? MASKS_WITHIN_NUMBER : MASKS;
      const outcomes = await Promise.all(
        masks.map((mask) => {
          const changed = Buffer.from(der);
          changed.writeUInt8(changed.readUInt8(position) ^ mask, position);
          return outcomeOf(pemOfRequest(changed));
        }),
      );
      if (outcomes.includes('ACCEPTED')) accepted.push(`${String(position)}: ${outcomes.join()}`);
    }
    expect(accepted).toEqual([]);
  });

  test('left out at the end, whatever the length, gets it rejected', async () => {
    const der = buildRequest({ privateKey: ec });
    const outcomes = await Promise.all(
      Array.from(der.keys(), (length) => outcomeOf(pemOfRequest(der.subarray(0, length)))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['MALFORMED']));
  });

  test('added at the end gets it rejected', async () => {
    const der = buildRequest({ privateKey: ec });
    expect(await outcomeOf(pemOfRequest(Buffer.concat([der, Buffer.of(0)])))).toBe('MALFORMED');
  });
});

describe('the text around the request', () => {
  const pem = pemOfRequest(buildRequest({ privateKey: ec }));

  test.each([
    ['line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['one long line', pem.replace(/(?<=[A-Za-z0-9+/])\n(?!-)/g, '')],
    ['blank lines around it', `\n${pem}\n\n`],
  ])('may have %s', async (_fact, text) => {
    expect(await outcomeOf(text)).toBe('ACCEPTED');
  });

  test.each([
    ['nothing', ''],
    ['two requests', pem + pem],
    ['a request behind other text', `subject=phone\n${pem}`],
    ['another label', pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['the legacy label', pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')],
    ['header lines', pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n')],
    ['base64url', pem.replace('\n', '\n-_')],
    ['a stray padding sign', pem.replace('\n', '\n=')],
    ['an empty block', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----'],
    ['1 MB of garbage', 'A'.repeat(1_000_000)],
    ['1 MB within the block', pemOfRequest(Buffer.alloc(60_000, 0x30))],
    ['more than the bound', pem + ' '.repeat(MAX_REQUEST_CHARACTERS)],
  ])('must not be %s', async (_fact, text) => {
    expect(await outcomeOf(text)).toBe('MALFORMED');
  });

  test('random text never does anything but get rejected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 400 }), async (text) => {
        expect(await outcomeOf(text)).toBe('MALFORMED');
      }),
    );
  });

  test('random bytes in a block never do anything but get rejected', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 600 }), async (bytes) => {
        expect(await outcomeOf(pemOfRequest(Buffer.from(bytes)))).not.toBe('ACCEPTED');
      }),
      { numRuns: 1_000 },
    );
  });

  test('a request with random bytes written over it never does anything but get rejected', async () => {
    const der = buildRequest({ privateKey: ec });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: der.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        async (offset, bytes) => {
          const changed = Buffer.from(der);
          changed.set(bytes.slice(0, der.length - offset), offset);
          fc.pre(!changed.equals(der));
          expect(await outcomeOf(pemOfRequest(changed))).not.toBe('ACCEPTED');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('the signature', () => {
  const toInteger = (content: Buffer): Buffer => tlv(0x02, content);
  const split = (signature: Buffer): [Buffer, Buffer] => {
    const rEnd = 4 + signature.readUInt8(3);
    return [signature.subarray(4, rEnd), signature.subarray(rEnd + 2)];
  };

  test.each<[string, Partial<RequestPlan>, string]>([
    [
      'by another key',
      { spki: createPublicKey(ecKey()).export({ format: 'der', type: 'spki' }) },
      'SIGNATURE',
    ],
    ['with another hash than it says', { hash: 'sha384' }, 'SIGNATURE'],
    ['with SHA-1', { hash: 'sha1', algorithm: hex('3009 06072a8648ce3d0401') }, 'ALGORITHM'],
    ['with SHA-224', { hash: 'sha224', algorithm: hex('300a 06082a8648ce3d040301') }, 'ALGORITHM'],
    [
      'with parameters where ECDSA has none',
      { algorithm: hex('300c 06082a8648ce3d040302 0500') },
      'ALGORITHM',
    ],
    [
      'named as RSA by an EC key',
      { algorithm: hex('300d 06092a864886f70d01010b 0500') },
      'ALGORITHM',
    ],
    ['of r and s without wrapping', { signing: { dsaEncoding: 'ieee-p1363' } }, 'SIGNATURE'],
    [
      'with a superfluous zero octet in r',
      {
        reshapeSignature: (signature) => {
          const [r, s] = split(signature);
          return tlv(0x30, toInteger(Buffer.concat([Buffer.of(0), r])), toInteger(s));
        },
      },
      'SIGNATURE',
    ],
    [
      'with a third integer',
      {
        reshapeSignature: (signature) => {
          const [r, s] = split(signature);
          return tlv(0x30, toInteger(r), toInteger(s), toInteger(Buffer.of(1)));
        },
      },
      'SIGNATURE',
    ],
    [
      'with a byte behind it',
      { reshapeSignature: (it) => Buffer.concat([it, Buffer.of(0)]) },
      'SIGNATURE',
    ],
    ['of zeros', { reshapeSignature: () => hex('3006 020100 020100') }, 'SIGNATURE'],
    ['that is empty', { reshapeSignature: () => Buffer.alloc(0) }, 'SIGNATURE'],
  ])('%s is rejected', async (_fact, plan, reason) => {
    expect(await outcomeOfPlan({ privateKey: ec, ...plan })).toBe(reason);
  });

  test.each<[string, Partial<RequestPlan>, string]>([
    [
      'without the NULL that RSA has',
      { algorithm: hex('300b 06092a864886f70d01010b') },
      'ALGORITHM',
    ],
    [
      'with SHA-1',
      { hash: 'sha1', algorithm: hex('300d 06092a864886f70d010105 0500') },
      'ALGORITHM',
    ],
    ['shortened by a byte', { reshapeSignature: (it) => it.subarray(1) }, 'SIGNATURE'],
    [
      'with a leading zero',
      { reshapeSignature: (it) => Buffer.concat([Buffer.of(0), it]) },
      'SIGNATURE',
    ],
  ])('%s is rejected from an RSA key', async (_fact, plan, reason) => {
    expect(await outcomeOfPlan({ privateKey: rsa, ...plan })).toBe(reason);
  });
});

describe('the challenge', () => {
  test.each([
    ['UTF-8', tlv(0x0c, 'schlüssel'), 'schlüssel'],
    ['printable', tlv(0x13, 'Abc 123'), 'Abc 123'],
    ['teletex', tlv(0x14, 'abc_123'), 'abc_123'],
    ['IA5', tlv(0x16, 'abc_123'), 'abc_123'],
    ['BMP', tlv(0x1e, hex('0061 00e4')), 'aä'],
  ])('may be a string of kind %s', async (_kind, value, text) => {
    const der = buildRequest({ privateKey: ec, attributes: [challengeAttribute(value)] });
    expect((await readCertificateRequest(pemOfRequest(der))).challengePassword).toBe(text);
  });

  test('may be absent', async () => {
    const der = buildRequest({ privateKey: ec, attributes: [] });
    expect((await readCertificateRequest(pemOfRequest(der))).challengePassword).toBeUndefined();
  });

  const value = tlv(0x0c, 'abc');
  test.each([
    ['stand twice', [challengeAttribute(value), challengeAttribute(value)]],
    ['have two values', [challengeAttribute(value, tlv(0x0c, 'abd'))]],
    ['be empty', [challengeAttribute(tlv(0x0c))]],
    ['be longer than PKCS #9 allows', [challengeAttribute(tlv(0x0c, 'a'.repeat(256)))]],
    ['be broken UTF-8', [challengeAttribute(tlv(0x0c, hex('c328')))]],
    ['be an unpaired surrogate', [challengeAttribute(tlv(0x1e, hex('d800')))]],
    ['be half a BMP character', [challengeAttribute(tlv(0x1e, hex('006100')))]],
    ['carry unprintable characters as printable', [challengeAttribute(tlv(0x13, 'a_b'))]],
    ['carry eight-bit teletex', [challengeAttribute(tlv(0x14, hex('e4')))]],
    ['be an octet string', [challengeAttribute(tlv(0x04, 'abc'))]],
  ])('must not %s', async (_fact, attributes) => {
    expect(await outcomeOfPlan({ privateKey: ec, attributes })).toBe('CHALLENGE');
  });
});

describe('the shape of a request', () => {
  const other = tlv(0x30, hex('06092a864886f70d01090e'), tlv(0x31, tlv(0x30)));

  test('may have other attributes and an empty subject', async () => {
    expect(await outcomeOfPlan({ privateKey: ec, attributes: [other], subject: tlv(0x30) })).toBe(
      'ACCEPTED',
    );
  });

  test.each<[string, Partial<RequestPlan>]>([
    ['another version', { version: hex('020101') }],
    ['a version of another type', { version: hex('0a0100') }],
    ['a subject that is a set', { subject: tlv(0x31) }],
    ['a name part without attributes', { subject: tlv(0x30, tlv(0x31)) }],
    ['the same attribute twice', { attributes: [other, other] }],
    ['an attribute without values', { attributes: [challengeAttribute()] }],
    ['an attribute without a type', { attributes: [tlv(0x30, tlv(0x31, hex('0500')))] }],
    ['bytes where an attribute belongs', { attributes: [hex('0500')] }],
    ['no key', { spki: tlv(0x30) }],
  ])('must not have %s', async (_fact, plan) => {
    expect(await outcomeOfPlan({ privateKey: ec, ...plan })).toBe('MALFORMED');
  });
});

describe('the key', () => {
  const RSA_ENCRYPTION = hex('300d 06092a864886f70d010101 0500');
  const EC_P256 = hex('3013 06072a8648ce3d0201 06082a8648ce3d030107');
  const rsaSpki = (modulus: Buffer, exponent: Buffer): Buffer =>
    tlv(
      0x30,
      RSA_ENCRYPTION,
      tlv(0x03, Buffer.of(0), tlv(0x30, tlv(0x02, modulus), tlv(0x02, exponent))),
    );
  const ecSpki = (point: Buffer): Buffer => tlv(0x30, EC_P256, tlv(0x03, Buffer.of(0), point));
  const jwk = rsa.export({ format: 'jwk' });
  const n = Buffer.concat([Buffer.of(0), Buffer.from(jwk.n ?? '', 'base64url')]);
  const e = hex('010001');
  const even = Buffer.from(n);
  even.writeUInt8(even.readUInt8(256) & 0xfe, 256);
  const divisible = ((BigInt(`0x${n.toString('hex')}`) / 751n / 2n) * 2n + 1n) * 751n;
  const { x = '', y = '' } = ec.export({ format: 'jwk' });
  const [px, py] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  const offCurve = Buffer.concat([Buffer.of(4), px, px]);

  test.each<[string, Buffer, string]>([
    ['RSA with exponent 1', rsaSpki(n, hex('01')), 'WEAK_KEY'],
    ['RSA with exponent 3', rsaSpki(n, hex('03')), 'WEAK_KEY'],
    ['RSA with an even exponent', rsaSpki(n, hex('010002')), 'WEAK_KEY'],
    ['RSA with an exponent beyond 32 bits', rsaSpki(n, hex('0100000001')), 'WEAK_KEY'],
    ['RSA with an even modulus', rsaSpki(even, e), 'WEAK_KEY'],
    ['RSA with a small factor', rsaSpki(hex(`00${divisible.toString(16)}`), e), 'WEAK_KEY'],
    [
      'RSA of 8,200 bits',
      rsaSpki(Buffer.concat([Buffer.of(0), Buffer.alloc(1025, 0xff)]), e),
      'WEAK_KEY',
    ],
    ['RSA with a negative modulus', rsaSpki(n.subarray(1), e), 'MALFORMED'],
    ['RSA with exponent 0', rsaSpki(n, hex('00')), 'MALFORMED'],
    ['a point off its curve', ecSpki(offCurve), 'WEAK_KEY'],
    ['the point at infinity', ecSpki(hex('00')), 'ALGORITHM'],
    ['a compressed point', ecSpki(Buffer.concat([Buffer.of(2), px])), 'ALGORITHM'],
    ['a hybrid point', ecSpki(Buffer.concat([Buffer.of(6), px, py])), 'ALGORITHM'],
    [
      'a point of 31 octets a coordinate',
      ecSpki(Buffer.concat([Buffer.of(4), px.subarray(1), py.subarray(1)])),
      'ALGORITHM',
    ],
    [
      'a key in a bit string of odd bits',
      tlv(0x30, EC_P256, tlv(0x03, hex('01'), hex('0402'))),
      'MALFORMED',
    ],
  ])('%s is rejected', async (_fact, spki, reason) => {
    expect(await outcomeOfPlan({ privateKey: ec, spki })).toBe(reason);
  });

  test('X25519 is rejected', async () => {
    const { publicKey } = generateKeyPairSync('x25519');
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    expect(await outcomeOfPlan({ privateKey: ec, spki })).toBe('ALGORITHM');
  });

  test('RSA with a large but sound exponent is accepted', async () => {
    expect(await outcomeOfPlan({ privateKey: rsaKey(2048, 4_294_967_291) })).toBe('ACCEPTED');
  });
});
