import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';

export type SignatureHash = 'sha256' | 'sha384';

/** An authority's private key, wherever it lies. */
export interface SigningKey {
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /**
   * Signs off the event loop: PKCS #1 v1.5 with an RSA key, ECDSA in DER (RFC 3279 2.2.3) with an EC one.
   * @throws Error where the key cannot be reached
   */
  sign(hash: SignatureHash, data: Buffer): Promise<Buffer>;
}

const generateKeys = promisify(generateKeyPair);
const signOffThread = promisify(sign);

/** A key in this process's memory. @throws Error where it is no PKCS #8 key in DER */
export function softwareKey(pkcs8: Buffer): SigningKey {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return {
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    sign: (hash, data) => signOffThread(hash, data, key),
  };
}

/** A fresh private key, PKCS #8 in DER. */
export async function newSoftwareKey(keyAlgorithm: KeyAlgorithm): Promise<Buffer> {
  const { privateKey } =
    keyAlgorithm === 'P-256' || keyAlgorithm === 'P-384'
      ? await generateKeys('ec', { namedCurve: keyAlgorithm })
      : await generateKeys('rsa', { modulusLength: Number(keyAlgorithm.slice('RSA-'.length)) });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}
