import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { parseDer } from '../../../src/features/certificates/x509/der';
import { lintCrl, lintOcspResponse, RULE_NAMES } from '../../helpers/lint/lint';
import {
  bend,
  changedExtensions,
  extension,
  type Fields,
  type Outside,
  replaced,
  withExtension,
} from './bend';
import { Openssl } from './openssl';
import { hex, tlv } from './request-builder';

const CONFIG = `
[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 7
crl_extensions = crl_ext
[crl_ext]
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Lint CA
[ca_ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[responder]
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[holder]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;
const openssl = new Openssl();
const [KEY_ID, NUMBER, NONCE] = ['551d23', '551d14', '2b0601050507300102'] as const;
const OTHER_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

let issuer: Buffer;
let caKey: KeyObject;
let responderKey: KeyObject;

beforeAll(() => {
  openssl.write('config', CONFIG);
  openssl.write('crlnumber', '01\n');
  openssl.write('index.txt', '');
  for (const name of ['ca', 'responder', 'holder']) {
    openssl.print('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  }
  openssl.print(
    'req',
    '-new',
    '-x509',
    '-key',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-config',
    'config',
    '-extensions',
    'ca_ext',
  );
  for (const [name, serial] of [
    ['responder', '2'],
    ['holder', '3'],
  ] as const) {
    openssl.print(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      `/CN=${name}`,
      '-out',
      `${name}.csr`,
      '-config',
      'config',
    );
    openssl.print(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-set_serial',
      serial,
      '-days',
      '20',
      '-extfile',
      'config',
      '-extensions',
      name,
      '-out',
      `${name}.pem`,
    );
  }
  issuer = derOf('x509', 'ca.pem');
  caKey = createPrivateKey(openssl.read('ca.key'));
  responderKey = createPrivateKey(openssl.read('responder.key'));
});

afterAll(() => {
  openssl.remove();
});

function derOf(kind: 'x509' | 'crl', file: string): Buffer {
  openssl.print(kind, '-in', file, '-outform', 'DER', '-out', 'out.der');
  return openssl.read('out.der');
}

/** A full list by openssl ca: the holder's certificate revoked, unless the index is empty. */
function newCrl(...index: string[]): Buffer {
  openssl.write('index.txt', index.map((line) => `${line}\n`).join(''));
  openssl.print(
    'ca',
    '-gencrl',
    '-config',
    'config',
    '-cert',
    'ca.pem',
    '-keyfile',
    'ca.key',
    '-out',
    'crl.pem',
  );
  return derOf('crl', 'crl.pem');
}

const REVOKED = 'R\t490101000000Z\t260101000000Z,keyCompromise\t03\tunknown\t/CN=holder';
const VALID = 'V\t490101000000Z\t\t03\tunknown\t/CN=holder';

function newOcsp(line: string, ...options: string[]): { answer: Buffer; request: Buffer } {
  openssl.write('index.txt', `${line}\n`);
  openssl.print(
    'ocsp',
    '-issuer',
    'ca.pem',
    '-cert',
    'holder.pem',
    '-reqout',
    'request.der',
    ...options,
  );
  openssl.print(
    'ocsp',
    '-index',
    'index.txt',
    '-CA',
    'ca.pem',
    '-rsigner',
    'responder.pem',
    '-rkey',
    'responder.key',
    '-reqin',
    'request.der',
    '-respout',
    'answer.der',
    '-ndays',
    '1',
  );
  return { answer: openssl.read('answer.der'), request: openssl.read('request.der') };
}

type Bent = readonly [
  rule: string,
  how: string,
  change: (fields: Fields) => Fields,
  outside?: Outside,
];
const same = (fields: Fields): Fields => fields;
const utc = (text: string): Buffer => tlv(0x17, text);
const entry = (...parts: Buffer[]): Buffer =>
  tlv(0x30, hex('020103'), utc('260101000000Z'), ...parts);
const entries = (...list: Buffer[]): ((fields: Fields) => Fields) =>
  replaced(5, tlv(0x30, ...list));
const reason = (code: string): Buffer => entry(tlv(0x30, extension('551d15', hex(`0a01${code}`))));

/** version, algorithm, issuer, thisUpdate, nextUpdate, entries, extensions */
const BENT_CRLS: readonly Bent[] = [
  ['strict_der', 'a length not minimal', replaced(0, hex('02810101'))],
  ['crl_version_2', 'none', (fields) => fields.slice(1)],
  ['crl_issuer_matches', 'another name', replaced(2, tlv(0x30))],
  ['crl_times_encoded', 'GeneralizedTime before 2050', replaced(3, tlv(0x18, '20260101000000Z'))],
  [
    'crl_times_encoded',
    'an entry without seconds',
    entries(tlv(0x30, hex('020103'), utc('2601010000Z'))),
  ],
  ['crl_next_update', 'none', (fields) => fields.filter((_, i) => i !== 4)],
  ['crl_next_update', 'before thisUpdate', replaced(4, utc('200101000000Z'))],
  ['crl_revoked_certificates_not_empty', 'an empty list', entries()],
  ['crl_entry_serials', 'one twice', entries(entry(), entry())],
  ['crl_entry_serials', 'a negative one', entries(tlv(0x30, hex('0201ff'), utc('260101000000Z')))],
  [
    'crl_revoked_before_this_update',
    'later',
    entries(tlv(0x30, hex('020103'), utc('490101000000Z'))),
  ],
  ['crl_reason_codes', 'unspecified', entries(reason('00'))],
  ['crl_reason_codes', 'removeFromCRL', entries(reason('08'))],
  ['crl_reason_codes', 'an INTEGER', entries(entry(tlv(0x30, extension('551d15', hex('020101')))))],
  [
    'crl_invalidity_dates',
    'UTCTime',
    entries(entry(tlv(0x30, extension('551d18', utc('260101000000Z'))))),
  ],
  ['crl_entry_extensions', 'an empty list', entries(entry(tlv(0x30)))],
  [
    'crl_entry_extensions',
    'a critical one',
    entries(entry(tlv(0x30, extension('551d15', hex('0a0101'), { critical: true })))),
  ],
  [
    'crl_extensions_unique',
    'number twice',
    changedExtensions((list) => [...list, extension(NUMBER, hex('020101'))]),
  ],
  [
    'crl_extensions_default_not_encoded',
    'critical FALSE',
    withExtension(NUMBER, hex('020101'), { critical: 'FALSE' }),
  ],
  ['crl_extensions_critical', 'number', withExtension(NUMBER, hex('020101'), { critical: true })],
  [
    'crl_extensions_critical',
    'issuingDistributionPoint that is not',
    withExtension('551d1c', hex('3000')),
  ],
  ['crl_number', 'none', withExtension(NUMBER, null)],
  ['crl_number', 'negative', withExtension(NUMBER, hex('0201ff'))],
  ['crl_number', '21 octets', withExtension(NUMBER, tlv(0x02, Buffer.alloc(21, 1)))],
  ['crl_authority_key_identifier', 'none', withExtension(KEY_ID, null)],
  [
    'crl_authority_key_identifier',
    'of another key',
    withExtension(KEY_ID, tlv(0x30, tlv(0x80, 'x'.repeat(20)))),
  ],
  ['signature_algorithms_match', 'SHA-384 inside', replaced(1, hex('300a06082a8648ce3d040303'))],
  ['signature_algorithm_known', 'SHA-1', same, { algorithm: hex('300906072a8648ce3d0401') }],
  [
    'signature_algorithm_fits_key',
    'RSA',
    same,
    { algorithm: hex('300d06092a864886f70d01010b0500') },
  ],
  ['signature_verifies', 'by another key', same, { key: OTHER_EC }],
];

describe('lintCrl', () => {
  const rules = (der: Buffer, by = issuer): string[] => lintCrl(der, by).map(({ rule }) => rule);

  test('finds nothing in what openssl ca publishes, with and without entries', () => {
    expect(lintCrl(newCrl(REVOKED), issuer)).toEqual([]);
    expect(lintCrl(newCrl(), issuer)).toEqual([]);
    expect(lintCrl(bend(newCrl(REVOKED), caKey, same), issuer)).toEqual([]);
  });

  test.each(
    BENT_CRLS.map(([rule, how, change, outside = {}]) => [rule, how, { change, outside }] as const),
  )('%s is broken by %s', (rule, _how, { change, outside }) => {
    expect(rules(bend(newCrl(REVOKED), caKey, change, outside))).toContain(rule);
  });

  test('crl_issuer_may_sign is broken by a list of a holder', () => {
    expect(rules(newCrl(REVOKED), derOf('x509', 'holder.pem'))).toContain('crl_issuer_may_sign');
  });

  test('can break each of its rules', () => {
    const broken = [...BENT_CRLS.map(([rule]) => rule), 'crl_issuer_may_sign'];
    expect([...new Set(broken)].sort()).toEqual([...RULE_NAMES.crl].sort());
  });
});

/** An OCSP answer whose ResponseData has other fields: responderID, producedAt, responses, extensions. */
function bendOcsp(
  answer: Buffer,
  change: (fields: Fields) => Fields,
  outside: Outside = {},
): Buffer {
  const { basic, certificates } = partsOf(answer);
  const signed = parseDer(bend(basic, responderKey, change, outside));
  const whole = tlv(0x30, ...signed.items.map(({ encoded }) => encoded), ...certificates);
  return wrapped(whole);
}

function wrapped(basic: Buffer): Buffer {
  const bytes = tlv(0x30, hex('06092b0601050507300101'), tlv(0x04, basic));
  return tlv(0x30, hex('0a0100'), tlv(0xa0, bytes));
}

function partsOf(answer: Buffer): { basic: Buffer; certificates: Buffer[] } {
  const octets = parseDer(answer).items[1]?.items[0]?.items[1]?.content ?? Buffer.alloc(0);
  const [data, algorithm, signature, ...certificates] = parseDer(octets).items.map(
    ({ encoded }) => encoded,
  );
  if (!data || !algorithm || !signature) throw new Error('no basic answer');
  return { basic: tlv(0x30, data, algorithm, signature), certificates };
}

/** Changes the one answer: certID, certStatus, thisUpdate, nextUpdate. */
function single(change: (parts: Fields) => Fields): (fields: Fields) => Fields {
  return (fields) => {
    const answer =
      parseDer(fields[2] ?? Buffer.alloc(0)).items[0]?.items.map(({ encoded }) => encoded) ?? [];
    return replaced(2, tlv(0x30, tlv(0x30, ...change(answer))))(fields);
  };
}

const at = (text: string): Buffer => tlv(0x18, text);
const revoked = (...parts: Buffer[]): ReturnType<typeof single> =>
  single(replaced(1, tlv(0xa1, ...parts)));
const certId = (index: number, value: Buffer): ReturnType<typeof single> =>
  single((parts) => {
    const fields = parseDer(parts[0] ?? Buffer.alloc(0)).items.map(({ encoded }) => encoded);
    return replaced(0, tlv(0x30, ...replaced(index, value)(fields)))(parts);
  });
const nonce =
  (value: Buffer): ((fields: Fields) => Fields) =>
  (fields) => [...fields.slice(0, 3), tlv(0xa1, tlv(0x30, extension(NONCE, value)))];

const BENT_ANSWERS: readonly Bent[] = [
  ['strict_der', 'an extension that holds no DER', nonce(hex('3005'))],
  ['ocsp_version_default', 'v1 written out', (fields) => [hex('a003020100'), ...fields]],
  ['ocsp_responder_id', 'another name', replaced(0, tlv(0xa1, tlv(0x30)))],
  ['ocsp_responder_id', 'another key', replaced(0, tlv(0xa2, tlv(0x04, 'x'.repeat(20))))],
  ['ocsp_times_encoded', 'a fraction', replaced(1, at('20260101000000.5Z'))],
  ['ocsp_times_encoded', 'UTCTime', single((parts) => replaced(2, utc('260101000000Z'))(parts))],
  ['ocsp_produced_after_this_update', 'before', replaced(1, at('20200101000000Z'))],
  ['ocsp_responder_valid', 'before its certificate', replaced(1, at('20200101000000Z'))],
  ['ocsp_next_update', 'none', single((parts) => parts.slice(0, 3))],
  ['ocsp_next_update', 'before thisUpdate', single(replaced(3, tlv(0xa0, at('20200101000000Z'))))],
  ['ocsp_answers', 'none', replaced(2, tlv(0x30))],
  [
    'ocsp_answers',
    'one twice',
    (fields) => {
      const [answer] = parseDer(fields[2] ?? Buffer.alloc(0)).items.map(({ encoded }) => encoded);
      return replaced(2, tlv(0x30, answer ?? '', answer ?? ''))(fields);
    },
  ],
  ['ocsp_cert_id', 'another hash', certId(0, hex('300c06082a864886f70d02050500'))],
  ['ocsp_cert_id', 'another name', certId(1, tlv(0x04, 'x'.repeat(20)))],
  ['ocsp_cert_id', 'another key', certId(2, tlv(0x04, 'x'.repeat(20)))],
  ['ocsp_status', 'another choice', single(replaced(1, hex('8300')))],
  ['ocsp_status', 'good with content', single(replaced(1, hex('800100')))],
  ['ocsp_status', 'revoked without a time', revoked()],
  ['ocsp_revoked_before_produced', 'later', revoked(at('20490101000000Z'))],
  ['ocsp_reason_codes', 'unspecified', revoked(at('20260101000000Z'), hex('a0030a0100'))],
  [
    'ocsp_extensions',
    'a critical one',
    (fields) => [
      ...fields.slice(0, 3),
      tlv(0xa1, tlv(0x30, extension(NONCE, hex('040101'), { critical: true }))),
    ],
  ],
  ['ocsp_nonce', 'empty', nonce(hex('0400'))],
  ['ocsp_nonce', '129 octets', nonce(tlv(0x04, Buffer.alloc(129, 1)))],
  ['ocsp_nonce', 'no OCTET STRING', nonce(hex('020101'))],
  ['signature_algorithm_known', 'SHA-1', same, { algorithm: hex('300906072a8648ce3d0401') }],
  [
    'signature_algorithm_fits_key',
    'RSA',
    same,
    { algorithm: hex('300d06092a864886f70d01010b0500') },
  ],
  ['signature_verifies', 'by another key', same, { key: OTHER_EC }],
];
const BENT_ELSEWHERE = [
  'ocsp_responder_authorized',
  'ocsp_responder_key_usage',
  'ocsp_responder_no_check',
  'signature_algorithms_match',
];

describe('lintOcspResponse', () => {
  /** Of the answer alone: what openssl signs certificates with for this test lacks addresses that Signet's have. */
  const rules = (der: Buffer, ...more: [request?: { nonce: Buffer | null }]): string[] =>
    lintOcspResponse(der, issuer, ...more)
      .map(({ rule }) => rule)
      .filter(
        (rule) =>
          rule.startsWith('ocsp_') || rule.startsWith('signature_') || rule === 'strict_der',
      );

  test.each([
    ['good', VALID],
    ['revoked', REVOKED],
  ])('finds nothing in what openssl ocsp answers: %s', (_status, line) => {
    expect(rules(newOcsp(line).answer)).toEqual([]);
    expect(rules(newOcsp(line, '-no_nonce').answer, { nonce: null })).toEqual([]);
    expect(rules(bendOcsp(newOcsp(line).answer, same))).toEqual([]);
  });

  test.each(
    BENT_ANSWERS.map(
      ([rule, how, change, outside = {}]) => [rule, how, { change, outside }] as const,
    ),
  )('%s is broken by %s', (rule, _how, { change, outside }) => {
    expect(rules(bendOcsp(newOcsp(VALID).answer, change, outside))).toContain(rule);
  });

  test('ocsp_nonce compares with the nonce of the request', () => {
    const { answer } = newOcsp(VALID);
    expect(rules(answer, { nonce: null })).toEqual(['ocsp_nonce']);
    expect(rules(answer, { nonce: Buffer.from('another') })).toEqual(['ocsp_nonce']);
    const own = bendOcsp(answer, nonce(tlv(0x04, 'own')));
    expect(rules(own, { nonce: Buffer.from('own') })).toEqual([]);
  });

  test('a responder that the issuer did not make one is seen', () => {
    const { answer } = newOcsp(VALID);
    const holder = tlv(0xa0, tlv(0x30, derOf('x509', 'holder.pem')));
    const { basic } = partsOf(answer);
    const whole = tlv(0x30, ...parseDer(basic).items.map(({ encoded }) => encoded), holder);
    expect(rules(wrapped(whole))).toEqual(
      expect.arrayContaining([
        'ocsp_responder_authorized',
        'ocsp_responder_no_check',
        'ocsp_responder_id',
        'signature_verifies',
      ]),
    );
  });

  test('a responder whose key is not for signatures is seen, and one whose own signature names two algorithms', () => {
    const { answer } = newOcsp(VALID);
    const { basic } = partsOf(answer);
    const bent = (change: (fields: Fields) => Fields): Buffer => {
      const certificate = bend(derOf('x509', 'responder.pem'), caKey, change);
      return wrapped(
        tlv(
          0x30,
          ...parseDer(basic).items.map(({ encoded }) => encoded),
          tlv(0xa0, tlv(0x30, certificate)),
        ),
      );
    };
    expect(rules(bent(withExtension('551d0f', hex('03020308'), { critical: true })))).toContain(
      'ocsp_responder_key_usage',
    );
    expect(rules(bent(replaced(2, hex('300a06082a8648ce3d040303'))))).toContain(
      'signature_algorithms_match',
    );
  });

  test('an answer that is not successful is no answer', () => {
    expect(rules(hex('30030a0106'))).toEqual(['strict_der']);
  });

  test('can break each of its rules', () => {
    const broken = [...BENT_ANSWERS.map(([rule]) => rule), ...BENT_ELSEWHERE];
    expect([...new Set(broken)].sort()).toEqual([...RULE_NAMES.ocsp].sort());
  });
});
