import type { KeyObject } from 'node:crypto';
import type { ReadCertificate } from './read-certificate.js';

const STRONG_HASHES: ReadonlySet<string> = new Set(['SHA-256', 'SHA-384', 'SHA-512']);
const EDWARDS_SIGNATURES: ReadonlySet<string> = new Set(['Ed25519', 'EdDSA']);
const EDWARDS_KEYS: ReadonlySet<string> = new Set(['ed25519', 'ed448']);
const RSA_KEYS: ReadonlySet<string> = new Set(['rsa', 'rsa-pss']);
/** P-256, P-384 and P-521, as OpenSSL calls them. */
const STRONG_CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
/** Larger ones prove nothing more, and cost. */
const RSA_BITS = { min: 2048, max: 8192 } as const;

/** Whether both its key and the signature below it are of a kind that is relied on. What is not named here is not. */
export function isStrong({ x509, extended }: ReadCertificate): boolean {
  const { name, hash } = extended.signatureAlgorithm as { name: string; hash?: { name: string } };
  const isSigned =
    EDWARDS_SIGNATURES.has(name) || (hash !== undefined && STRONG_HASHES.has(hash.name));
  return isSigned && isStrongKey(x509.publicKey);
}

function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean {
  const type: string = asymmetricKeyType ?? '';
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails;
  if (RSA_KEYS.has(type)) {
    return RSA_BITS.min <= modulusLength && modulusLength <= RSA_BITS.max;
  }
  if (type === 'ec') return STRONG_CURVES.has(namedCurve);
  return EDWARDS_KEYS.has(type);
}
