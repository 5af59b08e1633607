import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { lintCertificate, RULE_NAMES } from '../../helpers/lint/lint';
import { newAuthority, orderOf, type TestAuthority } from './authorities';
import {
  attribute,
  type AttributePlan,
  bend,
  changedExtensions,
  distinguishedName,
  extension,
  type Fields,
  type Outside,
  replaced,
  withExtension,
} from './bend';
import { hex, tlv } from './request-builder';

const [UTF8, PRINTABLE, IA5] = [0x0c, 0x13, 0x16] as const;
const [CN, C, SERIAL, EMAIL] = ['550403', '550406', '550405', '2a864886f70d010901'] as const;
const [SKI, KU, SAN, BC, CRLDP, CP, AKI, EKU] = [
  ...(['551d0e', '551d0f', '551d11', '551d13'] as const),
  ...(['551d1f', '551d20', '551d23', '551d25'] as const),
] as const;
const AIA = '2b06010505070101';
const NO_CHECK = '2b0601050507300105';
const POLICY = tlv(0x30, hex('06032a0304'));
const uri = (text: string): Buffer => tlv(0x86, text);
const san = (...names: Buffer[]): ReturnType<typeof replaced> =>
  withExtension(SAN, tlv(0x30, ...names));
const usage = (bits: string): ReturnType<typeof replaced> =>
  withExtension(KU, hex(bits), { critical: true });
const eku = (...oids: string[]): ReturnType<typeof replaced> =>
  withExtension(EKU, tlv(0x30, ...oids.map(hex)));
const subject = (...attributes: AttributePlan[]): ReturnType<typeof replaced> =>
  replaced(5, distinguishedName(...attributes));
const validity = (from: Buffer, to: Buffer): ReturnType<typeof replaced> =>
  replaced(4, tlv(0x30, from, to));
const utc = (text: string): Buffer => tlv(0x17, text);
const generalized = (text: string): Buffer => tlv(0x18, text);
const smtpUtf8 = (value: Buffer): Buffer =>
  tlv(0xa0, hex('06082b06010505070809'), tlv(0xa0, value));
const access = (...locations: Buffer[]): ReturnType<typeof replaced> =>
  withExtension(
    AIA,
    tlv(0x30, ...locations.map((it) => tlv(0x30, hex('06082b06010505073001'), it))),
  );

const CLIENT_AUTH = '06082b06010505070302';
const OCSP_SIGNING = '06082b06010505070309';
const OTHER_EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const RSA_SPKI = RSA.publicKey.export({ format: 'der', type: 'spki' });
const WEAK_SPKI = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
  format: 'der',
  type: 'spki',
});
const K1_SPKI = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
  format: 'der',
  type: 'spki',
});
const E3_SPKI = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicExponent: 3,
}).publicKey.export({ format: 'der', type: 'spki' });

type Bent = readonly [
  rule: string,
  how: string,
  change: (fields: Fields) => Fields,
  outside?: Outside,
];
const same = (fields: Fields): Fields => fields;

/** A holder's certificate, bent: each rule must see at least one of these. */
const BENT: readonly Bent[] = [
  ['strict_der', 'a length not minimal', replaced(1, hex('02810105'))],
  ['strict_der', 'an integer not minimal', replaced(1, hex('02020005'))],
  ['strict_der', 'an extension that holds no DER', withExtension(SAN, hex('3005'))],
  ['version_3', 'version 1', replaced(0, hex('a003020100'))],
  ['version_3', 'no version', (fields) => fields.slice(1)],
  ['serial_positive', 'zero', replaced(1, hex('020100'))],
  ['serial_positive', 'negative', replaced(1, hex('0201ff'))],
  ['serial_at_most_20_octets', '21 octets', replaced(1, tlv(0x02, Buffer.alloc(21, 1)))],
  ['issuer_name_matches', 'another name', replaced(3, distinguishedName([CN, UTF8, 'Other']))],
  [
    'issuer_name_matches',
    'the same text as PrintableString',
    (fields) =>
      replaced(
        3,
        Buffer.from(
          fields[3]?.toString('hex').replace(/0c(?=[0-9a-f]{2}5369676e6574)/, '13') ?? '',
          'hex',
        ),
      )(fields),
  ],
  ['issuer_not_empty', 'an empty name', replaced(3, tlv(0x30))],
  ['subject_not_empty', 'an empty name', subject()],
  [
    'times_encoded',
    'GeneralizedTime before 2050',
    validity(generalized('20260301120000Z'), utc('280301120000Z')),
  ],
  ['times_encoded', 'no seconds', validity(utc('2603011200Z'), utc('280301120000Z'))],
  ['times_encoded', 'a fraction', validity(utc('260301120000Z'), generalized('20510301120000.5Z'))],
  ['times_encoded', 'another zone', validity(utc('260301120000+0100'), utc('280301120000Z'))],
  ['validity_positive', 'backwards', validity(utc('280301120000Z'), utc('260301120000Z'))],
  [
    'validity_within_issuer',
    'after the issuer',
    validity(utc('260301120000Z'), utc('490301120000Z')),
  ],
  [
    'validity_within_issuer',
    'before the issuer',
    validity(utc('200301120000Z'), utc('280301120000Z')),
  ],
  [
    'no_unique_ids',
    'a subjectUniqueID',
    (fields) => [...fields.slice(0, 7), hex('82020001'), ...fields.slice(7)],
  ],
  [
    'extensions_unique',
    'SKI twice',
    changedExtensions((list) => [...list, extension(SKI, tlv(0x04, 'x'))]),
  ],
  [
    'extensions_default_not_encoded',
    'critical FALSE',
    withExtension(SKI, tlv(0x04, 'x'), { critical: 'FALSE' }),
  ],
  [
    'extensions_critical_known',
    'an own one',
    withExtension('2a0304', hex('0500'), { critical: true }),
  ],
  ['extensions_not_critical', 'AIA', withExtension(AIA, tlv(0x30), { critical: true })],
  ['extensions_not_critical', 'AKI', withExtension(AKI, tlv(0x30), { critical: true })],
  ['authority_key_identifier', 'none', withExtension(AKI, null)],
  ['authority_key_identifier', 'no key id', withExtension(AKI, tlv(0x30))],
  [
    'authority_key_identifier',
    'of another key',
    withExtension(AKI, tlv(0x30, tlv(0x80, 'x'.repeat(20)))),
  ],
  ['subject_key_identifier', 'none', withExtension(SKI, null)],
  ['subject_key_identifier', 'empty', withExtension(SKI, tlv(0x04))],
  [
    'basic_constraints_of_authority',
    'cA without keyCertSign',
    withExtension(BC, hex('30030101ff'), { critical: true }),
  ],
  ['basic_constraints_of_authority', 'keyCertSign without cA', usage('03020284')],
  [
    'basic_constraints_of_authority',
    'not critical',
    (fields) => usage('03020284')(withExtension(BC, hex('30030101ff'))(fields)),
  ],
  ['basic_constraints_of_holder', 'cA FALSE written out', withExtension(BC, hex('3003010100'))],
  ['basic_constraints_of_holder', 'a path length', withExtension(BC, hex('3003020100'))],
  [
    'path_length_not_negative',
    'minus one',
    withExtension(BC, hex('30060101ff0201ff'), { critical: true }),
  ],
  [
    'path_length_kept',
    'an authority below path length 0',
    withExtension(BC, hex('30030101ff'), { critical: true }),
  ],
  ['public_key_encoding', 'RSA of 1024 bits', replaced(6, WEAK_SPKI)],
  ['public_key_encoding', 'exponent 3', replaced(6, E3_SPKI)],
  ['public_key_encoding', 'another curve', replaced(6, K1_SPKI)],
  [
    'public_key_encoding',
    'RSA without NULL',
    replaced(
      6,
      Buffer.from(
        RSA_SPKI.toString('hex').replace(
          /^(308201)22300d(06092a864886f70d010101)0500/,
          '$120300b$2',
        ),
        'hex',
      ),
    ),
  ],
  ['key_usage_critical', 'not critical', withExtension(KU, hex('03020780'))],
  ['key_usage_critical', 'none', withExtension(KU, null)],
  ['key_usage_not_empty', 'no bit', usage('030100')],
  ['key_usage_minimal', 'a trailing zero bit', usage('03020680')],
  ['key_usage_minimal', 'a trailing octet', usage('0303078000')],
  ['key_usage_fits_key', 'keyEncipherment with EC', usage('03020520')],
  [
    'key_usage_fits_key',
    'keyAgreement with RSA',
    (fields) => replaced(6, RSA_SPKI)(usage('03020308')(fields)),
  ],
  ['key_usage_only_with_agreement', 'encipherOnly alone', usage('03020081')],
  ['extended_key_usage_listed', 'empty', eku()],
  ['extended_key_usage_listed', 'one twice', eku(CLIENT_AUTH, CLIENT_AUTH)],
  ['extended_key_usage_not_any', 'any', eku(CLIENT_AUTH, '0604551d2500')],
  [
    'extended_key_usage_consistent',
    'documentSigning with keyAgreement',
    (fields) => usage('03020308')(eku('06082b06010505070324')(fields)),
  ],
  ['holder_has_purpose', 'none', withExtension(EKU, null)],
  ['ocsp_responder_no_check', 'nocheck of a holder', withExtension(NO_CHECK, hex('0500'))],
  ['ocsp_responder_no_check', 'a responder without', eku(OCSP_SIGNING)],
  [
    'ocsp_responder_no_check',
    'not NULL',
    (fields) => eku(OCSP_SIGNING)(withExtension(NO_CHECK, hex('0400'))(fields)),
  ],
  ['san_not_empty', 'none', withExtension(SAN, null)],
  ['san_not_empty', 'no name', san()],
  ['san_not_empty', 'an empty name', san(uri(''))],
  ['san_no_name_twice', 'a URI twice', san(uri('urn:x:y'), uri('urn:x:y'))],
  ['san_known_forms', 'a host name', san(tlv(0x82, 'example.org'))],
  ['san_uri_absolute', 'a path', san(uri('/a/b'))],
  ['san_uri_absolute', 'no scheme', san(uri('//example.org/'))],
  ['san_uri_absolute', 'no scheme-specific part', san(uri('urn:'))],
  ['san_uri_absolute', 'a bad host', san(uri('http://-a-.example/'))],
  ['san_uri_absolute', 'an empty host', san(uri('http:///x'))],
  ['san_uri_absolute', 'not ASCII', san(uri('urn:x:ä'))],
  ['san_uri_absolute', 'a bad escape', san(uri('urn:x:%0'))],
  ['san_rfc822_format', 'no domain', san(tlv(0x81, 'alva'))],
  ['san_rfc822_format', 'a display name', san(tlv(0x81, 'Alva <alva@example.org>'))],
  ['san_rfc822_format', 'not ASCII', san(tlv(0x81, 'älva@example.org'))],
  ['san_smtp_utf8_mailbox', 'ASCII alone', san(smtpUtf8(tlv(UTF8, 'alva@example.org')))],
  ['san_smtp_utf8_mailbox', 'IA5String', san(smtpUtf8(tlv(IA5, 'alva@example.org')))],
  ['san_smtp_utf8_mailbox', 'a domain in Unicode', san(smtpUtf8(tlv(UTF8, 'älva@exämple.org')))],
  [
    'san_smtp_utf8_mailbox',
    'a byte order mark',
    san(smtpUtf8(tlv(UTF8, '\ufeffälva@example.org'))),
  ],
  [
    'san_criticality',
    'critical beside a subject',
    withExtension(SAN, tlv(0x30, uri('urn:x:y')), { critical: true }),
  ],
  ['san_criticality', 'not critical without a subject', subject()],
  [
    'subject_email_in_san',
    'another address',
    subject([CN, UTF8, 'A'], [EMAIL, IA5, 'other@example.org']),
  ],
  ['policies_unique', 'one twice', withExtension(CP, tlv(0x30, POLICY, POLICY))],
  ['policies_unique', 'none listed', withExtension(CP, tlv(0x30))],
  ['policies_of_holder', 'none', withExtension(CP, null)],
  ['policies_of_holder', 'any', withExtension(CP, tlv(0x30, tlv(0x30, hex('0604551d2000'))))],
  ['crl_distribution_points', 'none', withExtension(CRLDP, null)],
  [
    'crl_distribution_points',
    'only reasons',
    withExtension(CRLDP, tlv(0x30, tlv(0x30, hex('81020640')))),
  ],
  [
    'crl_distribution_points',
    'ldap',
    withExtension(CRLDP, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, uri('ldap://x/y')))))),
  ],
  ['authority_info_access', 'none', withExtension(AIA, null)],
  ['authority_info_access', 'OCSP alone', access(uri('http://example.org/ocsp'))],
  ['authority_info_access_http', 'https', access(uri('https://example.org/ocsp'))],
  ['authority_info_access_http', 'relative', access(uri('/ocsp'))],
  [
    'name_one_attribute_each',
    'two in one RDN',
    replaced(5, tlv(0x30, tlv(0x31, attribute(CN, UTF8, 'A'), attribute(SERIAL, PRINTABLE, '1')))),
  ],
  ['name_no_attribute_twice', 'CN twice', subject([CN, UTF8, 'A'], [CN, UTF8, 'B'])],
  ['name_known_attributes', 'a title', subject([CN, UTF8, 'A'], ['55040c', UTF8, 'Dr'])],
  ['name_string_types', 'CN as BMPString', subject([CN, 0x1e, '\0A'])],
  ['name_string_types', 'C as UTF8String', subject([C, UTF8, 'SE'])],
  ['name_charsets', 'an asterisk in PrintableString', subject([SERIAL, PRINTABLE, 'a*b'])],
  ['name_charsets', 'no UTF-8', subject([CN, UTF8, hex('ff')])],
  ['name_charsets', 'half a surrogate pair', subject([CN, UTF8, hex('eda0bd')])],
  ['name_charsets', 'no ASCII in IA5String', subject([EMAIL, IA5, hex('e4')])],
  ['name_upper_bounds', '65 characters', subject([CN, UTF8, '👩'.repeat(65)])],
  ['name_no_empty_attribute', 'empty', subject([CN, UTF8, ''])],
  ['name_country_code', 'small letters', subject([C, PRINTABLE, 'se'])],
  ['name_no_control_characters', 'a line break', subject([CN, UTF8, 'A\nB'])],
  ['name_no_control_characters', 'right to left', subject([CN, UTF8, 'A\u202eB'])],
  ['name_normalised', 'decomposed', subject([CN, UTF8, 'E\u0301va'])],
  ['name_no_outer_spaces', 'behind', subject([CN, UTF8, 'Eva '])],
  ['signature_algorithms_match', 'P-384 inside', replaced(2, hex('300a06082a8648ce3d040303'))],
  ['signature_algorithm_known', 'SHA-1', same, { algorithm: hex('300906072a8648ce3d0401') }],
  [
    'signature_algorithm_known',
    'ECDSA with NULL',
    same,
    { algorithm: hex('300c06082a8648ce3d0403020500') },
  ],
  [
    'signature_algorithm_fits_key',
    'RSA',
    same,
    { algorithm: hex('300d06092a864886f70d01010b0500') },
  ],
  ['signature_verifies', 'by another key', same, { key: OTHER_EC }],
];

let stage: TestAuthority;
let der: Buffer;
beforeAll(async () => {
  stage = await newAuthority('P-256');
  ({ der } = await stage.authority.issue(orderOf()));
});

const issuerDer = (): Buffer => stage.material.issuing.certificateDer;
const key = () =>
  createPrivateKey({ key: stage.material.issuing.privateKeyPkcs8, format: 'der', type: 'pkcs8' });
const rulesBrokenBy = (certificate: Buffer, issuer = issuerDer()): string[] =>
  lintCertificate(certificate, issuer).map(({ rule }) => rule);

test('a certificate that was only signed anew breaks no rule', () => {
  expect(lintCertificate(der, issuerDer())).toEqual([]);
  expect(lintCertificate(bend(der, key(), same), issuerDer())).toEqual([]);
});

test.each(
  BENT.map(([rule, how, change, outside = {}]) => [rule, how, { change, outside }] as const),
)('%s is broken by %s', (rule, _how, { change, outside }) => {
  expect(rulesBrokenBy(bend(der, key(), change, outside))).toContain(rule);
});

test('issuer_may_sign is broken by a certificate that a holder has issued', () => {
  expect(rulesBrokenBy(bend(der, OTHER_EC, same), der)).toContain('issuer_may_sign');
});

test('every rule for certificates is broken by one of these tests', () => {
  const broken = new Set([...BENT.map(([rule]) => rule), 'issuer_may_sign']);
  expect([...broken].sort()).toEqual([...RULE_NAMES.certificate].sort());
});
