import { concat, fromBase64url, sha256, utf8, type Bytes } from '../bytes.js';
import type { WrappedKey } from '../contract.js';
import {
  decryptionKey,
  sharedSecret,
  type DecryptionKey,
  type KeyShape,
} from './decryption-key.js';
import type { KeyAlgorithm, KeyHandle } from './key-algorithm.js';
import { PhoneError } from '../problem.js';

/** A key pair for one enrolment or renewal, that the server wraps encryption keys for. */
export interface WrappingKey {
  /** Not extractable, unless it was ordered so. */
  readonly privateKey: KeyHandle;
  /** As it was sent: a repeated call must say the very same. */
  readonly publicJwk: string;
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
const ALG = 'ECDH-ES+A256KW';

export async function makeWrappingKey({ extractable = false } = {}): Promise<WrappingKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, extractable, [
    'deriveBits',
  ]);
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, publicJwk: JSON.stringify({ kty, crv, x, y, alg: ALG, use: 'enc' }) };
}

/** A private half that was kept outside of WebCrypto, where it has to go back to. */
export function importWrappingKey(pkcs8: Bytes): Promise<KeyHandle> {
  return crypto.subtle.importKey('pkcs8', pkcs8, CURVE, true, ['deriveBits']);
}

export interface Unwrapping {
  readonly wrappingKey: WrappingKey;
  /** Of the key within. */
  readonly algorithm: KeyAlgorithm;
  readonly extractable?: boolean | undefined;
}

/**
 * Unwraps a key from a compact JWE (RFC 7516) within WebCrypto: the private key itself is never seen.
 * Throws `ANSWER_REJECTED` where it is not for this phone, or for another certificate.
 */
export async function unwrapKey(
  { certificateId, jwe }: WrappedKey,
  { wrappingKey, algorithm, extractable = false }: Unwrapping,
): Promise<DecryptionKey> {
  try {
    const { head, wrapped, iv, body } = partsOf(jwe);
    const header = JSON.parse(new TextDecoder().decode(fromBase64url(head))) as JweHeader;
    const isExpected = header.enc === 'A256GCM' && header.alg === ALG;
    if (!isExpected || header.certificateId !== certificateId) throw new Error('Another header.');
    const contentKey = await unwrapContentKey(header, wrapped, wrappingKey);
    const cipher = {
      name: 'AES-GCM',
      iv,
      additionalData: utf8(head),
      tagLength: 128,
    };
    return await decryptionKey(algorithm, (shape: KeyShape) =>
      crypto.subtle.unwrapKey('pkcs8', body, contentKey, cipher, shape.algorithm, extractable, [
        ...shape.usages,
      ]),
    );
  } catch (cause) {
    throw new PhoneError('ANSWER_REJECTED', 'A wrapped key cannot be unwrapped.', { cause });
  }
}

/** RFC 7516 7.1. */
function partsOf(jwe: string): { head: string; wrapped: Bytes; iv: Bytes; body: Bytes } {
  const [head, ...others] = jwe.split('.');
  const [wrapped, iv, sealed, tag, ...more] = others.map(fromBase64url);
  if (head === undefined || !wrapped || !iv || !sealed || !tag || more.length > 0) {
    throw new Error('It has other parts.');
  }
  return { head, wrapped, iv, body: concat(sealed, tag) };
}

interface JweHeader {
  readonly alg?: unknown;
  readonly enc?: unknown;
  readonly certificateId?: unknown;
  readonly epk?: {
    readonly kty?: string;
    readonly crv?: string;
    readonly x?: string;
    readonly y?: string;
  };
  readonly apu?: string;
  readonly apv?: string;
}

/** RFC 7518 4.6. */
async function unwrapContentKey(
  { epk, apu = '', apv = '' }: JweHeader,
  wrapped: Bytes,
  { privateKey }: WrappingKey,
): Promise<KeyHandle> {
  const { kty, crv, x, y } = epk ?? {};
  const point = { kty, crv, x, y } as JsonWebKey;
  const ephemeral = await crypto.subtle.importKey('jwk', point, CURVE, false, []);
  const secret = await sharedSecret(privateKey, ephemeral, 'P-256');
  const derived = await concatKdf(secret, fromBase64url(apu), fromBase64url(apv));
  const kek = await crypto.subtle.importKey('raw', derived, 'AES-KW', false, ['unwrapKey']);
  const aes = { name: 'AES-GCM', length: 256 };
  return crypto.subtle.unwrapKey('raw', wrapped, kek, 'AES-KW', aes, false, ['unwrapKey']);
}

/** NIST SP 800-56A 5.8.1, as RFC 7518 4.6.2 uses it; one round of SHA-256 gives the 256 bits. */
function concatKdf(secret: Bytes, apu: Bytes, apv: Bytes): Promise<Bytes> {
  const withLength = (bytes: Bytes): Bytes => concat(uint32(bytes.length), bytes);
  const otherInfo = [withLength(utf8(ALG)), withLength(apu), withLength(apv), uint32(256)];
  return sha256(concat(uint32(1), secret, ...otherInfo));
}

export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
