import { keyUsageBits, type KeyUsage, OID, type Validity } from './certificate-profile.js';
import type { AlternativeName, DistinguishedName, NameAttribute } from './distinguished-name.js';

declare const der: unique symbol;
/** One value in DER, a character for each octet: joining strings copies nothing, which makes this several times as fast as buffers. */
export type Asn1Node = string & { readonly [der]: true };

export interface CertificateFields {
  /** Content octets of a positive, minimal INTEGER. */
  readonly serial: Buffer;
  readonly signatureAlgorithm: Asn1Node;
  readonly issuer: Asn1Node;
  readonly validity: Validity;
  readonly subject: Asn1Node;
  readonly spki: Buffer;
  readonly extensions: readonly Asn1Node[];
}

const Class = { UNIVERSAL: 0x00, CONTEXT_SPECIFIC: 0x80 } as const;
/** X.680 8.4 */
const Type = {
  BOOLEAN: 1,
  INTEGER: 2,
  BITSTRING: 3,
  OCTETSTRING: 4,
  NULL: 5,
  OID: 6,
  UTF8: 12,
  SEQUENCE: 16,
  SET: 17,
  PRINTABLESTRING: 19,
  IA5STRING: 22,
  UTCTIME: 23,
  GENERALIZEDTIME: 24,
} as const;
type Type = (typeof Type)[keyof typeof Type];
const CONSTRUCTED = 0x20;
const BASE_128 = 0x80;
/** There are few, and they come again and again. */
const knownOids = new Map<string, Asn1Node>();
const TRUE = '\xff';
/** GeneralName choices (RFC 5280 4.2.1.6). */
const GENERAL_NAME = { otherName: 0, rfc822Name: 1, uri: 6 } as const;
/** RFC 5280 4.1.2.5 */
const FIRST_YEAR_OF_GENERALIZED_TIME = 2050;
const X509_V3 = '\x02';
/** RFC 5280 appendix A: country and serialNumber are PrintableString, emailAddress is IA5String (PKCS #9). */
const NAME_ATTRIBUTES: Readonly<Record<NameAttribute['type'], readonly [id: string, Type]>> = {
  country: [OID.COUNTRY, Type.PRINTABLESTRING],
  organization: [OID.ORGANIZATION, Type.UTF8],
  organizationalUnit: [OID.ORGANIZATIONAL_UNIT, Type.UTF8],
  serialNumber: [OID.SERIAL_NUMBER, Type.PRINTABLESTRING],
  commonName: [OID.COMMON_NAME, Type.UTF8],
  emailAddress: [OID.EMAIL_ADDRESS, Type.IA5STRING],
};

/** TBSCertificate of RFC 5280 4.1.2, in DER. */
export function encodeTbsCertificate(fields: CertificateFields): Buffer {
  const { notBefore, notAfter } = fields.validity;
  return encode(
    sequence([
      context(0, [primitive(Type.INTEGER, X509_V3)]),
      primitive(Type.INTEGER, fields.serial.toString('latin1')),
      fields.signatureAlgorithm,
      fields.issuer,
      sequence([time(notBefore), time(notAfter)]),
      fields.subject,
      finished(fields.spki),
      context(3, [sequence([...fields.extensions])]),
    ]),
  );
}

/** DER that stands already. */
export function finished(der: Buffer): Asn1Node {
  return der.toString('latin1') as Asn1Node;
}

export function encodeName(name: DistinguishedName): Asn1Node {
  const rdns = name.map(({ type, value }) => {
    const [id, stringType] = NAME_ATTRIBUTES[type];
    const text = Buffer.from(value, 'utf8').toString('latin1');
    const attribute = sequence([oid(id), primitive(stringType, text)]);
    return createNode(Class.UNIVERSAL, Type.SET, true, [attribute]);
  });
  return finished(encode(sequence(rdns)));
}

export function basicConstraintsOfAuthority(pathLength: 0 | 1): Asn1Node {
  return criticalExtension(
    OID.BASIC_CONSTRAINTS,
    sequence([
      primitive(Type.BOOLEAN, TRUE),
      primitive(Type.INTEGER, String.fromCharCode(pathLength)),
    ]),
  );
}

export function keyUsage(usages: readonly KeyUsage[]): Asn1Node {
  const bits = keyUsageBits(usages).toString('latin1');
  return criticalExtension(OID.KEY_USAGE, primitive(Type.BITSTRING, bits));
}

export function extendedKeyUsage(...purposes: readonly string[]): Asn1Node {
  return extension(OID.EXTENDED_KEY_USAGE, sequence(purposes.map(oid)));
}

export function subjectKeyIdentifier(keyId: Buffer): Asn1Node {
  return extension(
    OID.SUBJECT_KEY_IDENTIFIER,
    primitive(Type.OCTETSTRING, keyId.toString('latin1')),
  );
}

export function authorityKeyIdentifier(keyId: Buffer): Asn1Node {
  return extension(OID.AUTHORITY_KEY_IDENTIFIER, sequence([context(0, keyId.toString('latin1'))]));
}

/** At least one name. */
export function subjectAltName(names: readonly AlternativeName[]): Asn1Node {
  return extension(OID.SUBJECT_ALT_NAME, sequence(names.map(generalName)));
}

export function crlDistributionPoints(url: string): Asn1Node {
  const fullName = context(0, [context(GENERAL_NAME.uri, url)]);
  return extension(OID.CRL_DISTRIBUTION_POINTS, sequence([sequence([context(0, [fullName])])]));
}

export function authorityInfoAccess(
  entries: readonly (readonly [method: string, url: string])[],
): Asn1Node {
  const descriptions = entries.map(([method, url]) =>
    sequence([oid(method), context(GENERAL_NAME.uri, url)]),
  );
  return extension(OID.AUTHORITY_INFO_ACCESS, sequence(descriptions));
}

/** RFC 6960 4.2.2.2.1 */
export function ocspNoCheck(): Asn1Node {
  return extension(OID.OCSP_NO_CHECK, primitive(Type.NULL, ''));
}

export function certificatePolicies(...policies: readonly string[]): Asn1Node {
  const information = policies.map((policy) => sequence([oid(policy)]));
  return extension(OID.CERTIFICATE_POLICIES, sequence(information));
}

function generalName({ form, address }: AlternativeName): Asn1Node {
  switch (form) {
    case 'uri':
    case 'rfc822Name':
      return context(GENERAL_NAME[form], address);
    case 'smtpUtf8Mailbox': // RFC 9598 3
      return otherName(OID.SMTP_UTF8_MAILBOX, address);
    case 'userPrincipalName':
      return otherName(OID.USER_PRINCIPAL_NAME, address);
  }
}

function otherName(type: string, text: string): Asn1Node {
  return context(GENERAL_NAME.otherName, [oid(type), context(0, [utf8(text)])]);
}

// RFC 5280 4.1.2.5.1, 4.1.2.5.2
function time(date: Date): Asn1Node {
  const text = date.toISOString();
  const day = text.slice(2, 4) + text.slice(5, 7) + text.slice(8, 10);
  const digits = `${day}${text.slice(11, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`;
  return date.getUTCFullYear() < FIRST_YEAR_OF_GENERALIZED_TIME
    ? primitive(Type.UTCTIME, digits)
    : primitive(Type.GENERALIZEDTIME, text.slice(0, 2) + digits);
}

function extension(id: string, value: Asn1Node): Asn1Node {
  return sequence([oid(id), octets(value)]);
}

function criticalExtension(id: string, value: Asn1Node): Asn1Node {
  return sequence([oid(id), primitive(Type.BOOLEAN, TRUE), octets(value)]);
}

function octets(value: Asn1Node): Asn1Node {
  return primitive(Type.OCTETSTRING, value);
}

function oid(id: string): Asn1Node {
  const known = knownOids.get(id);
  if (known !== undefined) return known;
  const node = primitive(Type.OID, encodeOid(id));
  knownOids.set(id, node);
  return node;
}

// X.690 8.19
function encodeOid(id: string): string {
  const [first = 0, second = 0, ...rest] = id.split('.').map(Number);
  return [first * 40 + second, ...rest].map(base128).join('');
}

function base128(number: number): string {
  const higher = Math.floor(number / BASE_128);
  const last = number % BASE_128;
  return higher === 0 ? String.fromCharCode(last) : continued(higher) + String.fromCharCode(last);
}

function continued(number: number): string {
  const higher = Math.floor(number / BASE_128);
  const octet = String.fromCharCode(BASE_128 + (number % BASE_128));
  return higher === 0 ? octet : continued(higher) + octet;
}

function utf8(text: string): Asn1Node {
  return primitive(Type.UTF8, Buffer.from(text, 'utf8').toString('latin1'));
}

function sequence(parts: readonly Asn1Node[]): Asn1Node {
  return createNode(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
}

/** @param content a character for each octet */
function primitive(type: Type, content: string): Asn1Node {
  return createNode(Class.UNIVERSAL, type, false, content);
}

function context(choice: number, content: string | readonly Asn1Node[]): Asn1Node {
  return createNode(Class.CONTEXT_SPECIFIC, choice, typeof content !== 'string', content);
}

function createNode(
  tagClass: number,
  tag: number,
  isConstructed: boolean,
  value: string | readonly Asn1Node[],
): Asn1Node {
  const content = typeof value === 'string' ? value : value.join('');
  const identifier = String.fromCharCode(tagClass | (isConstructed ? CONSTRUCTED : 0) | tag);
  return (identifier + lengthOf(content.length) + content) as Asn1Node;
}

// X.690 10.1: in as few octets as can be
function lengthOf(size: number): string {
  if (size < 0x80) return String.fromCharCode(size);
  if (size < 0x1_00) return String.fromCharCode(0x81, size);
  if (size < 0x1_00_00) return String.fromCharCode(0x82, size >> 8, size & 0xff);
  return String.fromCharCode(0x83, size >> 16, (size >> 8) & 0xff, size & 0xff);
}

/** The DER of a node. */
export function encode(node: Asn1Node): Buffer {
  return Buffer.from(node, 'latin1');
}
