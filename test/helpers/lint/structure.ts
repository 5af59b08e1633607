import {
  type DerValue,
  exactItemsOf,
  expectTag,
  itemsOf,
  octetsOfBitString,
  parseDer,
  TAG,
} from '../../../src/features/certificates/x509/der';

export interface ReadExtension {
  readonly id: string;
  readonly critical: DerValue | undefined;
  /** What the extnValue holds, in strict DER as well. */
  readonly value: DerValue;
}

/** What CRLs, OCSP answers and certificates are alike: something signed. */
export interface SignedParts {
  readonly der: Buffer;
  readonly tbs: DerValue;
  readonly outerAlgorithm: DerValue;
  readonly signature: Buffer;
}

export interface ReadCertificate extends SignedParts {
  readonly version: DerValue | undefined;
  readonly serial: DerValue;
  readonly innerAlgorithm: DerValue;
  readonly issuer: DerValue;
  readonly notBefore: DerValue;
  readonly notAfter: DerValue;
  readonly subject: DerValue;
  readonly spki: DerValue;
  /** issuerUniqueID and subjectUniqueID. */
  readonly uniqueIds: readonly DerValue[];
  readonly extensions: readonly ReadExtension[];
}

export const ID = {
  country: '2.5.4.6',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  issuingDistributionPoint: '2.5.29.28',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  anyPolicy: '2.5.29.32.0',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  anyExtendedKeyUsage: '2.5.29.37.0',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  documentSigning: '1.3.6.1.5.5.7.3.36',
  smtpUtf8Mailbox: '1.3.6.1.5.5.7.8.9',
  ocsp: '1.3.6.1.5.5.7.48.1',
  basicOcspResponse: '1.3.6.1.5.5.7.48.1.1',
  nonce: '1.3.6.1.5.5.7.48.1.2',
  noCheck: '1.3.6.1.5.5.7.48.1.5',
  caIssuers: '1.3.6.1.5.5.7.48.2',
} as const;

/** Context tags, primitive and constructed. */
export const CONTEXT = (number: number): number => 0x80 | number;
export const WITHIN = (number: number): number => 0xa0 | number;
export const BOOLEAN = 0x01;
export const ENUMERATED = 0x0a;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;

/** @throws DerError */
export function readSigned(value: DerValue): SignedParts {
  const [tbs, algorithm, signature] = exactItemsOf(value, TAG.SEQUENCE, 3);
  return {
    der: value.encoded,
    tbs: expectTag(tbs, TAG.SEQUENCE),
    outerAlgorithm: expectTag(algorithm, TAG.SEQUENCE),
    signature: octetsOfBitString(signature),
  };
}

/** @throws DerError */
export function readCertificate(der: Buffer): ReadCertificate {
  const signed = readSigned(parseDer(der));
  const items = [...signed.tbs.items];
  const version = items[0]?.tag === WITHIN(0) ? items.shift() : undefined;
  const [serial, innerAlgorithm, issuer, validity, subject, spki, ...optional] = items;
  const [notBefore, notAfter] = exactItemsOf(validity, TAG.SEQUENCE, 2);
  const last = optional.at(-1);
  const extensions = last?.tag === WITHIN(3) ? optional.pop() : undefined;
  if (!notBefore || !notAfter) throw new Error('no validity');
  return {
    ...signed,
    version: version?.items[0],
    serial: expectTag(serial, TAG.INTEGER),
    innerAlgorithm: expectTag(innerAlgorithm, TAG.SEQUENCE),
    issuer: expectTag(issuer, TAG.SEQUENCE),
    notBefore,
    notAfter,
    subject: expectTag(subject, TAG.SEQUENCE),
    spki: expectTag(spki, TAG.SEQUENCE),
    uniqueIds: optional,
    extensions: extensions === undefined ? [] : readExtensions(extensions.items[0]),
  };
}

/** @throws DerError */
export function readExtensions(list: DerValue | undefined): ReadExtension[] {
  return itemsOf(list, TAG.SEQUENCE).map((extension) => {
    const parts = itemsOf(extension, TAG.SEQUENCE);
    const critical = parts.length === 3 ? expectTag(parts[1], BOOLEAN) : undefined;
    const value = parseDer(expectTag(parts.at(-1), TAG.OCTET_STRING).content);
    return { id: oidOf(parts[0]), critical, value };
  });
}

export function extensionOf(
  { extensions }: { readonly extensions: readonly ReadExtension[] },
  id: string,
): ReadExtension | undefined {
  return extensions.find((extension) => extension.id === id);
}

export function isCritical(extension: ReadExtension | undefined): boolean {
  return extension?.critical?.content[0] === 0xff;
}

/** Dotted. @throws DerError */
export function oidOf(value: DerValue | undefined): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of expectTag(value, TAG.OID).content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...others] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...others].join('.');
}

/** keyIdentifier of an authorityKeyIdentifier. */
export function keyIdentifierOf(extension: ReadExtension | undefined): Buffer | undefined {
  return extension?.value.items.find(({ tag }) => tag === CONTEXT(0))?.content;
}

export function isAuthority(certificate: ReadCertificate): boolean {
  const [authority] = extensionOf(certificate, ID.basicConstraints)?.value.items ?? [];
  return authority?.tag === BOOLEAN && authority.content[0] === 0xff;
}

export function isSelfIssued({ subject, issuer }: ReadCertificate): boolean {
  return subject.encoded.equals(issuer.encoded);
}

/** The dotted identifiers of a SEQUENCE OF OBJECT IDENTIFIER. */
export function purposesOf(certificate: ReadCertificate): string[] {
  return extensionOf(certificate, ID.extKeyUsage)?.value.items.map(oidOf) ?? [];
}

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

export function keyUsagesOf(certificate: ReadCertificate): string[] {
  const bits = extensionOf(certificate, ID.keyUsage)?.value.content.subarray(1) ?? Buffer.alloc(0);
  return KEY_USAGES.filter((_, i) => ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0);
}
