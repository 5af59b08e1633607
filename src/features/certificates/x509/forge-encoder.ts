import { asn1 } from 'node-forge';
import { keyUsageBits, type KeyUsage, OID, type Validity } from './certificate-profile.js';
import type { DistinguishedName, Mailbox } from './distinguished-name.js';

export type Asn1Node = asn1.Asn1;

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

const { Class, Type } = asn1;
/** forge's typings know universal tags only; forge itself writes whatever number stands there. */
const createNode: (
  tagClass: asn1.Class,
  tag: number,
  isConstructed: boolean,
  value: string | Asn1Node[],
) => Asn1Node = asn1.create;
const TRUE = '\xff';
/** GeneralName choices (RFC 5280 4.2.1.6). */
const GENERAL_NAME = { otherName: 0, rfc822Name: 1, uri: 6 } as const;
/** RFC 5280 4.1.2.5 */
const FIRST_YEAR_OF_GENERALIZED_TIME = 2050;
const X509_V3 = '\x02';

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

/**
 * DER that stands already, as a leaf of a forge tree: forge writes its tag and length anew and leaves the content as
 * it is, where reading and writing it again would cost a third of the time of a certificate.
 */
export function finished(der: Buffer): Asn1Node {
  const tag = der.readUInt8(0);
  const lengthOctet = der.readUInt8(1);
  const headerSize = lengthOctet < 0x80 ? 2 : 2 + (lengthOctet & 0x7f);
  const content = der.subarray(headerSize).toString('latin1');
  return createNode(Class.UNIVERSAL, tag, false, content);
}

export function encodeName(name: DistinguishedName): Asn1Node {
  const rdns = name.map(({ type, value }) => {
    const attribute =
      type === 'commonName'
        ? [oid(OID.COMMON_NAME), utf8(value)]
        : [oid(OID.SERIAL_NUMBER), primitive(Type.PRINTABLESTRING, value)];
    return createNode(Class.UNIVERSAL, Type.SET, true, [sequence(attribute)]);
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

export function extendedKeyUsage(purpose: string): Asn1Node {
  return extension(OID.EXTENDED_KEY_USAGE, sequence([oid(purpose)]));
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

/** Which profile it is for and, where there is one, the holder's address. */
export function subjectAltName(profileUri: string, mailbox: Mailbox | undefined): Asn1Node {
  const uri = context(GENERAL_NAME.uri, profileUri);
  const names = mailbox ? [uri, mailboxName(mailbox)] : [uri];
  return extension(OID.SUBJECT_ALT_NAME, sequence(names));
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

export function certificatePolicies(policy: string): Asn1Node {
  return extension(OID.CERTIFICATE_POLICIES, sequence([sequence([oid(policy)])]));
}

// RFC 9598 3
function mailboxName({ form, address }: Mailbox): Asn1Node {
  if (form === 'rfc822Name') return context(GENERAL_NAME.rfc822Name, address);
  return context(GENERAL_NAME.otherName, [oid(OID.SMTP_UTF8_MAILBOX), context(0, [utf8(address)])]);
}

function time(date: Date): Asn1Node {
  return date.getUTCFullYear() < FIRST_YEAR_OF_GENERALIZED_TIME
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

function extension(id: string, value: Asn1Node): Asn1Node {
  return finished(encode(sequence([oid(id), octets(value)])));
}

function criticalExtension(id: string, value: Asn1Node): Asn1Node {
  const critical = primitive(Type.BOOLEAN, TRUE);
  return finished(encode(sequence([oid(id), critical, octets(value)])));
}

function octets(value: Asn1Node): Asn1Node {
  return primitive(Type.OCTETSTRING, asn1.toDer(value).getBytes());
}

function oid(id: string): Asn1Node {
  return primitive(Type.OID, asn1.oidToDer(id).getBytes());
}

function utf8(text: string): Asn1Node {
  return primitive(Type.UTF8, Buffer.from(text, 'utf8').toString('latin1'));
}

function sequence(parts: Asn1Node[]): Asn1Node {
  return createNode(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
}

function primitive(type: asn1.Type, content: string): Asn1Node {
  return createNode(Class.UNIVERSAL, type, false, content);
}

function context(choice: number, content: string | Asn1Node[]): Asn1Node {
  return createNode(Class.CONTEXT_SPECIFIC, choice, typeof content !== 'string', content);
}

/** The DER of a node. */
export function encode(node: Asn1Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}
