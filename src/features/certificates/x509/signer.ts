import type { X509Certificate } from 'node:crypto';
import type { Validity } from './validity.js';
import { type DerValue, exactItemsOf, expectTag, itemsOf, parseDer, TAG } from './der.js';
import {
  authorityKeyIdentifier,
  type CertificateFields,
  encodeTbsCertificate,
} from './certificate-encoder.js';
import { bitString, type Der, derOf, NULL, octetsOf, oid, sequence } from './der-writer.js';
import { acceptedKeyAlgorithm, type PublicKeyAlgorithm } from './key-checks.js';
import type { SignatureHash, SigningKey } from './signing-key.js';

/** Whoever signs certificates, revocation lists and OCSP answers: encoded once, used for each. */
export interface Signer {
  readonly key: SigningKey;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly hash: SignatureHash;
  readonly signatureAlgorithm: Der;
  /** Distinguished name, as it stands in what is signed. */
  readonly name: Der;
  /** SubjectKeyIdentifier of the signer's own certificate. */
  readonly keyId: Buffer;
  readonly authorityKeyIdentifier: Der;
}

/** What an authority's certificate says of it. */
export interface IssuerFields {
  readonly name: DerValue;
  readonly spki: Buffer;
  readonly keyId: Buffer;
  readonly validity: Validity;
}

type Draft = Pick<CertificateFields, 'validity' | 'subject' | 'spki' | 'extensions'>;

const SUBJECT_KEY_IDENTIFIER_OID = '551d0e';

/** RSA with NULL parameters (RFC 4055 5), ECDSA without (RFC 5758 3.2), the hash as strong as the curve. */
const SIGNATURE_ALGORITHMS = {
  RSA: sequence(oid('1.2.840.113549.1.1.11'), NULL),
  'P-256': sequence(oid('1.2.840.10045.4.3.2')),
  'P-384': sequence(oid('1.2.840.10045.4.3.3')),
} as const;

export function signerOf(key: SigningKey, name: Der, keyId: Buffer): Signer {
  const keyAlgorithm = acceptedKeyAlgorithm(parseDer(key.spki));
  return {
    key,
    keyAlgorithm,
    hash: keyAlgorithm === 'P-384' ? 'sha384' : 'sha256',
    signatureAlgorithm: SIGNATURE_ALGORITHMS[isCurve(keyAlgorithm) ? keyAlgorithm : 'RSA'],
    name,
    keyId,
    authorityKeyIdentifier: authorityKeyIdentifier(keyId),
  };
}

/** The signer that this certificate names. @throws Error if the key is another one */
export function signerFrom(certificate: X509Certificate, key: SigningKey): Signer {
  const { name, spki, keyId } = readIssuer(certificate);
  if (!spki.equals(key.spki)) throw new Error('The certificate is of another key.');
  return signerOf(key, derOf(name.encoded), keyId);
}

export async function signCertificate(
  signer: Signer,
  serial: Buffer,
  draft: Draft,
): Promise<Buffer> {
  const { signatureAlgorithm, name: issuer } = signer;
  const tbs = encodeTbsCertificate({
    ...draft,
    serial,
    signatureAlgorithm,
    issuer,
    extensions: [...draft.extensions, signer.authorityKeyIdentifier],
  });
  return signTbs(signer, tbs);
}

/** SEQUENCE of what is to be signed, the algorithm and the signature: certificates and revocation lists alike (RFC 5280 4.1, 5.1). */
export async function signTbs(signer: Signer, tbs: Der): Promise<Buffer> {
  const signature = await signer.key.sign(signer.hash, octetsOf(tbs));
  return octetsOf(sequence(tbs, signer.signatureAlgorithm, bitString(signature)));
}

/** @throws DerError where it is no certificate with a SubjectKeyIdentifier */
export function readIssuer(certificate: X509Certificate): IssuerFields {
  const [tbs] = exactItemsOf(parseDer(certificate.raw), TAG.SEQUENCE, 3);
  const parts = itemsOf(tbs, TAG.SEQUENCE);
  const [extensions] = exactItemsOf(parts[7], TAG.CONTEXT_3, 1);
  const identifier = itemsOf(extensions, TAG.SEQUENCE)
    .map((extension) => itemsOf(extension, TAG.SEQUENCE))
    .find(([id]) => id?.content.toString('hex') === SUBJECT_KEY_IDENTIFIER_OID);
  const value = expectTag(identifier?.at(-1), TAG.OCTET_STRING);
  return {
    name: expectTag(parts[5], TAG.SEQUENCE),
    spki: expectTag(parts[6], TAG.SEQUENCE).encoded,
    keyId: expectTag(parseDer(value.content), TAG.OCTET_STRING).content,
    validity: {
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    },
  };
}

function isCurve(keyAlgorithm: PublicKeyAlgorithm): keyAlgorithm is 'P-256' | 'P-384' {
  return keyAlgorithm.startsWith('P-');
}
