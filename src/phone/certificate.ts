import { fromPem, sameBytes, type Bytes } from './bytes.js';
import { bitStringContent, decode, decodeAll, encodeOid, expectTag, TAG } from './der.js';
import { DerError, type DerNode } from './der.js';
import { isKeyAlgorithm, type KeyAlgorithm } from './keys/key-algorithm.js';

/** As much of a certificate as a phone needs to check that it is its own, and who signed it. */
export interface ParsedCertificate {
  readonly issuer: Bytes;
  /** Content of the INTEGER. */
  readonly serialNumber: Bytes;
  /** The subject key identifier, where it has one. */
  readonly keyId: Bytes | undefined;
  readonly subject: Bytes;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Bytes;
  readonly signed: Bytes;
  readonly signatureAlgorithm: Bytes;
  readonly signature: Bytes;
}

/** RFC 5280 4.1. Throws `DerError`. */
export function parseCertificate(pem: string): ParsedCertificate {
  const der = fromPem('CERTIFICATE', pem);
  if (der === undefined) throw new DerError('Not a certificate in PEM.');
  const [tbs, algorithm, signature] = decodeAll(decode(der, TAG.SEQUENCE).content);
  const signed = expectTag(tbs, TAG.SEQUENCE);
  const fields = decodeAll(signed.content);
  // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  expectTag(fields[0], TAG.CONTEXT_0);
  return {
    serialNumber: expectTag(fields[1], TAG.INTEGER).content,
    keyId: subjectKeyIdOf(fields.slice(7)),
    issuer: expectTag(fields[3], TAG.SEQUENCE).raw,
    subject: expectTag(fields[5], TAG.SEQUENCE).raw,
    publicKey: expectTag(fields[6], TAG.SEQUENCE).raw,
    signed: signed.raw,
    signatureAlgorithm: firstOid(expectTag(algorithm, TAG.SEQUENCE)),
    signature: bitStringContent(signature),
  };
}

/** Whether the issuer's key signed it, under the issuer's name. */
export async function isIssuedBy(
  certificate: ParsedCertificate,
  issuer: ParsedCertificate,
): Promise<boolean> {
  if (!sameBytes(certificate.issuer, issuer.subject)) return false;
  const scheme = SCHEMES.find(({ oid }) => sameBytes(oid, certificate.signatureAlgorithm));
  if (scheme === undefined) return false;
  return scheme.name === 'ECDSA'
    ? verifyEcdsa(scheme.hash, certificate, issuer)
    : verifyRsa(scheme.hash, certificate, issuer);
}

const SUBJECT_KEY_ID = encodeOid('2.5.29.14');
const RSA = encodeOid('1.2.840.113549.1.1.1');

const SCHEMES = [
  { oid: encodeOid('1.2.840.113549.1.1.11'), name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  { oid: encodeOid('1.2.840.113549.1.1.12'), name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  { oid: encodeOid('1.2.840.113549.1.1.13'), name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  { oid: encodeOid('1.2.840.10045.4.3.2'), name: 'ECDSA', hash: 'SHA-256' },
  { oid: encodeOid('1.2.840.10045.4.3.3'), name: 'ECDSA', hash: 'SHA-384' },
  { oid: encodeOid('1.2.840.10045.4.3.4'), name: 'ECDSA', hash: 'SHA-512' },
] as const;

const CURVES = [
  { oid: encodeOid('1.2.840.10045.3.1.7'), namedCurve: 'P-256', bytes: 32 },
  { oid: encodeOid('1.3.132.0.34'), namedCurve: 'P-384', bytes: 48 },
] as const;

async function verifyRsa(
  hash: string,
  certificate: ParsedCertificate,
  issuer: ParsedCertificate,
): Promise<boolean> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash };
  const key = await crypto.subtle.importKey('spki', issuer.publicKey, algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, key, certificate.signature, certificate.signed);
}

async function verifyEcdsa(
  hash: string,
  certificate: ParsedCertificate,
  issuer: ParsedCertificate,
): Promise<boolean> {
  const curve = curveOf(issuer.publicKey);
  const key = await crypto.subtle.importKey(
    'spki',
    issuer.publicKey,
    { name: 'ECDSA', namedCurve: curve.namedCurve },
    false,
    ['verify'],
  );
  const signature = rawEcdsaSignature(certificate.signature, curve.bytes);
  return crypto.subtle.verify({ name: 'ECDSA', hash }, key, signature, certificate.signed);
}

function curveOf(publicKey: Bytes): (typeof CURVES)[number] {
  const [algorithm] = decodeAll(decode(publicKey, TAG.SEQUENCE).content);
  const [, parameters] = decodeAll(expectTag(algorithm, TAG.SEQUENCE).content);
  const curve = CURVES.find(({ oid }) => sameBytes(oid, expectTag(parameters, TAG.OID).raw));
  if (curve === undefined) throw new DerError('Unknown curve.');
  return curve;
}

/** Two INTEGERs as r ‖ s, each of the curve's width. */
function rawEcdsaSignature(der: Bytes, width: number): Bytes {
  const integers = decodeAll(decode(der, TAG.SEQUENCE).content);
  if (integers.length !== 2) throw new DerError('Expected r and s.');
  const raw = new Uint8Array(2 * width);
  integers.forEach((integer, i) => {
    const value = unsignedContent(integer);
    if (value.length > width) throw new DerError('r or s is too long.');
    raw.set(value, (i + 1) * width - value.length);
  });
  return raw;
}

function unsignedContent(node: DerNode): Bytes {
  const { content } = expectTag(node, TAG.INTEGER);
  return content[0] === 0 ? content.slice(1) : content;
}

/** RFC 5280 4.2.1.2. */
function subjectKeyIdOf(rest: readonly DerNode[]): Bytes | undefined {
  const extensions = rest.find(({ tag }) => tag === TAG.CONTEXT_3);
  if (extensions === undefined) return undefined;
  for (const extension of decodeAll(decode(extensions.content, TAG.SEQUENCE).content)) {
    const parts = decodeAll(expectTag(extension, TAG.SEQUENCE).content);
    if (parts[0] === undefined || !sameBytes(parts[0].raw, SUBJECT_KEY_ID)) continue;
    const value = expectTag(parts.at(-1), TAG.OCTET_STRING).content;
    return decode(value, TAG.OCTET_STRING).content;
  }
  return undefined;
}

/** What a certified key is made of. Throws `DerError` for what no phone has. */
export function algorithmOfKey(publicKey: Bytes): KeyAlgorithm {
  const [algorithm, key] = decodeAll(decode(publicKey, TAG.SEQUENCE).content);
  if (!sameBytes(firstOid(expectTag(algorithm, TAG.SEQUENCE)), RSA)) {
    return curveOf(publicKey).namedCurve;
  }
  const [modulus] = decodeAll(decode(bitStringContent(key), TAG.SEQUENCE).content);
  const name = `RSA-${(unsignedContent(expectTag(modulus, TAG.INTEGER)).length * 8).toString()}`;
  if (isKeyAlgorithm(name)) return name;
  throw new DerError('A key of an unknown size.');
}

function firstOid(sequence: DerNode): Bytes {
  return expectTag(decodeAll(sequence.content)[0], TAG.OID).raw;
}
