import { TAG } from './der.js';
import {
  context,
  contextPrimitive,
  type Der,
  derOf,
  integer,
  NULL,
  octetString,
  oid,
  sequence,
  set,
  text,
  time,
  tlv,
  TRUE,
} from './der-writer.js';
import { keyUsageBits, type KeyUsage } from './key-usage.js';
import { OID } from './object-identifiers.js';
import type { Validity } from './validity.js';
import type { AlternativeName, DistinguishedName, NameAttribute } from './distinguished-name.js';

export interface CertificateFields {
  /** Content octets of a positive, minimal INTEGER. */
  readonly serial: Buffer;
  readonly signatureAlgorithm: Der;
  readonly issuer: Der;
  readonly validity: Validity;
  readonly subject: Der;
  readonly spki: Buffer;
  readonly extensions: readonly Der[];
}

/** GeneralName choices (RFC 5280 4.2.1.6). */
const GENERAL_NAME = { otherName: 0, rfc822Name: 1, uri: 6 } as const;
const X509_V3 = integer(2n);
/** RFC 5280 appendix A: country and serialNumber are PrintableString, emailAddress is IA5String (PKCS #9). */
const NAME_ATTRIBUTES: Readonly<Record<NameAttribute['type'], readonly [id: string, tag: number]>> =
  {
    country: [OID.COUNTRY, TAG.PRINTABLE_STRING],
    organization: [OID.ORGANIZATION, TAG.UTF8_STRING],
    organizationalUnit: [OID.ORGANIZATIONAL_UNIT, TAG.UTF8_STRING],
    serialNumber: [OID.SERIAL_NUMBER, TAG.PRINTABLE_STRING],
    commonName: [OID.COMMON_NAME, TAG.UTF8_STRING],
    emailAddress: [OID.EMAIL_ADDRESS, TAG.IA5_STRING],
  };

/** TBSCertificate of RFC 5280 4.1.2. */
export function encodeTbsCertificate(fields: CertificateFields): Der {
  const { notBefore, notAfter } = fields.validity;
  return sequence(
    context(0, X509_V3),
    tlv(TAG.INTEGER, derOf(fields.serial)),
    fields.signatureAlgorithm,
    fields.issuer,
    sequence(time(notBefore), time(notAfter)),
    fields.subject,
    derOf(fields.spki),
    context(3, sequence(...fields.extensions)),
  );
}

export function encodeName(name: DistinguishedName): Der {
  const rdns = name.map(({ type, value }) => {
    const [id, tag] = NAME_ATTRIBUTES[type];
    return set(sequence(oid(id), text(tag, value)));
  });
  return sequence(...rdns);
}

export function basicConstraintsOfAuthority(pathLength: 0 | 1): Der {
  return criticalExtension(OID.BASIC_CONSTRAINTS, sequence(TRUE, integer(BigInt(pathLength))));
}

export function keyUsage(usages: readonly KeyUsage[]): Der {
  return criticalExtension(OID.KEY_USAGE, tlv(TAG.BIT_STRING, derOf(keyUsageBits(usages))));
}

export function extendedKeyUsage(...purposes: readonly string[]): Der {
  return extension(OID.EXTENDED_KEY_USAGE, sequence(...purposes.map(oid)));
}

export function subjectKeyIdentifier(keyId: Buffer): Der {
  return extension(OID.SUBJECT_KEY_IDENTIFIER, octetString(keyId));
}

export function authorityKeyIdentifier(keyId: Buffer): Der {
  return extension(OID.AUTHORITY_KEY_IDENTIFIER, sequence(contextPrimitive(0, derOf(keyId))));
}

/** At least one name. */
export function subjectAltName(names: readonly AlternativeName[]): Der {
  return extension(OID.SUBJECT_ALT_NAME, sequence(...names.map(generalName)));
}

export function crlDistributionPoints(url: string): Der {
  const fullName = context(0, contextPrimitive(GENERAL_NAME.uri, url));
  return extension(OID.CRL_DISTRIBUTION_POINTS, sequence(sequence(context(0, fullName))));
}

export function authorityInfoAccess(
  entries: readonly (readonly [method: string, url: string])[],
): Der {
  const descriptions = entries.map(([method, url]) =>
    sequence(oid(method), contextPrimitive(GENERAL_NAME.uri, url)),
  );
  return extension(OID.AUTHORITY_INFO_ACCESS, sequence(...descriptions));
}

/** RFC 6960 4.2.2.2.1 */
export function ocspNoCheck(): Der {
  return extension(OID.OCSP_NO_CHECK, NULL);
}

export function certificatePolicies(...policies: readonly string[]): Der {
  const information = policies.map((policy) => sequence(oid(policy)));
  return extension(OID.CERTIFICATE_POLICIES, sequence(...information));
}

function generalName({ form, address }: AlternativeName): Der {
  switch (form) {
    case 'uri':
    case 'rfc822Name':
      return contextPrimitive(GENERAL_NAME[form], address);
    case 'smtpUtf8Mailbox': // RFC 9598 3
      return otherName(OID.SMTP_UTF8_MAILBOX, address);
    case 'userPrincipalName':
      return otherName(OID.USER_PRINCIPAL_NAME, address);
  }
}

function otherName(type: string, address: string): Der {
  return context(GENERAL_NAME.otherName, oid(type), context(0, text(TAG.UTF8_STRING, address)));
}

function extension(id: string, value: Der): Der {
  return sequence(oid(id), octetString(value));
}

function criticalExtension(id: string, value: Der): Der {
  return sequence(oid(id), TRUE, octetString(value));
}
