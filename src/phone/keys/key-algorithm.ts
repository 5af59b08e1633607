import type { Bytes } from '../bytes.js';
import type { CertificateKind } from '../contract.js';
import { PhoneError } from '../problem.js';

/** WebCrypto's CryptoKey, by the one name that Node's and the browser's types share. */
export type KeyHandle = Parameters<typeof crypto.subtle.exportKey>[1];
export interface KeyPair {
  readonly privateKey: KeyHandle;
  readonly publicKey: KeyHandle;
}

export const KEY_ALGORITHMS = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export function isKeyAlgorithm(name: string): name is KeyAlgorithm {
  return KEY_ALGORITHMS.some((known) => known === name);
}

/** The first of the server's choices that this phone can make, or the phone's own wish if it is among them. */
export function chooseAlgorithm(accepted: readonly string[], wish?: KeyAlgorithm): KeyAlgorithm {
  const chosen = accepted
    .filter(isKeyAlgorithm)
    .find((name) => wish === undefined || name === wish);
  if (chosen !== undefined) return chosen;
  throw new PhoneError('ALGORITHM_NOT_SUPPORTED', `The server accepts ${accepted.join(', ')}.`);
}

const PUBLIC_EXPONENT = Uint8Array.of(1, 0, 1);
const RSA_BITS = { 'RSA-2048': 2048, 'RSA-3072': 3072, 'RSA-4096': 4096 } as const;

/** A signing key pair; its private half cannot be read out unless asked for. */
export async function generateKeyPair(
  algorithm: KeyAlgorithm,
  { extractable = false } = {},
): Promise<KeyPair> {
  if (algorithm === 'P-256' || algorithm === 'P-384') {
    const curve = { name: 'ECDSA', namedCurve: algorithm };
    return crypto.subtle.generateKey(curve, extractable, ['sign', 'verify']);
  }
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: RSA_BITS[algorithm],
    publicExponent: PUBLIC_EXPONENT,
  };
  return crypto.subtle.generateKey(rsa, extractable, ['sign', 'verify']);
}

/** A signing key that was kept outside of WebCrypto, where it has to go back to. */
export async function importSigningKey(algorithm: KeyAlgorithm, pkcs8: Bytes): Promise<KeyHandle> {
  const kind = isEllipticCurve(algorithm)
    ? { name: 'ECDSA', namedCurve: algorithm }
    : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return crypto.subtle.importKey('pkcs8', pkcs8, kind, true, ['sign']);
}

/** Raw PKCS #1 signature for RSA; r ‖ s for elliptic curves, as WebCrypto has it. */
export async function sign(
  algorithm: KeyAlgorithm,
  privateKey: KeyHandle,
  data: Bytes,
): Promise<Bytes> {
  const hash = algorithm === 'P-384' ? 'SHA-384' : 'SHA-256';
  const name = isEllipticCurve(algorithm) ? 'ECDSA' : 'RSASSA-PKCS1-v1_5';
  return new Uint8Array(await crypto.subtle.sign({ name, hash }, privateKey, data));
}

/** The name of {@link sign}'s algorithm in a JWS (RFC 7518 section 3.1). */
export function jwsNameOf(algorithm: KeyAlgorithm): string {
  if (algorithm === 'P-256') return 'ES256';
  return algorithm === 'P-384' ? 'ES384' : 'RS256';
}

export function isEllipticCurve(algorithm: KeyAlgorithm): algorithm is 'P-256' | 'P-384' {
  return algorithm === 'P-256' || algorithm === 'P-384';
}

/** Whether the key has to be remade for another use after it has signed its own request. */
export function isForDecryption(kind: CertificateKind): boolean {
  return kind === 'ENCRYPTION';
}
