import { sameBytes, type Bytes } from '../bytes.js';
import { isEllipticCurve, type KeyAlgorithm, type KeyHandle } from './key-algorithm.js';

/** WebCrypto binds a key for RSA-OAEP to one hash; who encrypts chooses which. */
const OAEP_HASHES = ['SHA-256', 'SHA-1', 'SHA-384', 'SHA-512'] as const;
export type OaepHash = (typeof OAEP_HASHES)[number];

/** One private key in all the shapes in which WebCrypto needs it. */
export interface DecryptionKey {
  /** For RSA-OAEP with SHA-256, or ECDH. */
  readonly privateKey: KeyHandle;
  /** The same for RSA-OAEP with other hashes. */
  readonly otherHashes?: Readonly<Partial<Record<OaepHash, KeyHandle>>>;
}

/** How a private key is brought in as: imported, or unwrapped. */
export interface KeyShape {
  readonly algorithm: {
    readonly name: string;
    readonly hash?: string;
    readonly namedCurve?: string;
  };
  readonly usages: readonly ('decrypt' | 'unwrapKey' | 'deriveBits')[];
}

/** Brings in one private key, by a means of the caller's, in each shape that it will be needed in. */
export async function decryptionKey(
  algorithm: KeyAlgorithm,
  bringIn: (shape: KeyShape) => Promise<KeyHandle>,
): Promise<DecryptionKey> {
  if (isEllipticCurve(algorithm)) {
    const curve = { name: 'ECDH', namedCurve: algorithm };
    return { privateKey: await bringIn({ algorithm: curve, usages: ['deriveBits'] }) };
  }
  const handles: Partial<Record<OaepHash, KeyHandle>> = {};
  for (const hash of OAEP_HASHES) {
    const shape = {
      algorithm: { name: 'RSA-OAEP', hash },
      usages: ['decrypt', 'unwrapKey'],
    } as const;
    handles[hash] = await bringIn(shape);
  }
  const { 'SHA-256': privateKey, ...otherHashes } = handles as Record<OaepHash, KeyHandle>;
  return { privateKey, otherHashes };
}

/** From PKCS #8, which the caller overwrites. */
export function importDecryptionKey(
  algorithm: KeyAlgorithm,
  pkcs8: Bytes,
  extractable = false,
): Promise<DecryptionKey> {
  return decryptionKey(algorithm, (shape) =>
    crypto.subtle.importKey('pkcs8', pkcs8, shape.algorithm, extractable, [...shape.usages]),
  );
}

/** The same private key for decryption or key agreement only; no longer extractable, unless that is wanted. */
export async function toDecryptionKey(
  algorithm: KeyAlgorithm,
  signingKey: KeyHandle,
  extractable = false,
): Promise<DecryptionKey> {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', signingKey));
  try {
    return await importDecryptionKey(algorithm, pkcs8, extractable);
  } finally {
    pkcs8.fill(0);
  }
}

const PROBE = Uint8Array.of(0x53, 0x69, 0x67, 0x6e, 0x65, 0x74);

/** Whether the private key belongs to this public one (SubjectPublicKeyInfo): the one undoes what the other does. */
export async function belongsTo(
  { privateKey }: DecryptionKey,
  algorithm: KeyAlgorithm,
  publicKey: Bytes,
): Promise<boolean> {
  try {
    return isEllipticCurve(algorithm)
      ? await agrees(privateKey, algorithm, publicKey)
      : await opens(privateKey, publicKey);
  } catch {
    return false;
  }
}

async function opens(privateKey: KeyHandle, publicKey: Bytes): Promise<boolean> {
  const oaep = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('spki', publicKey, oaep, false, ['encrypt']);
  const sealed = await crypto.subtle.encrypt(oaep, key, PROBE);
  return sameBytes(new Uint8Array(await crypto.subtle.decrypt(oaep, privateKey, sealed)), PROBE);
}

async function agrees(
  privateKey: KeyHandle,
  namedCurve: 'P-256' | 'P-384',
  publicKey: Bytes,
): Promise<boolean> {
  const curve = { name: 'ECDH', namedCurve };
  const other = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  const its = await crypto.subtle.importKey('spki', publicKey, curve, false, []);
  const here = await sharedSecret(other.privateKey, its, namedCurve);
  return sameBytes(here, await sharedSecret(privateKey, other.publicKey, namedCurve));
}

/** The x coordinate that both sides come to. */
export async function sharedSecret(
  own: KeyHandle,
  other: KeyHandle,
  curve: 'P-256' | 'P-384',
): Promise<Bytes> {
  const bits = curve === 'P-256' ? 256 : 384;
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, own, bits));
}
