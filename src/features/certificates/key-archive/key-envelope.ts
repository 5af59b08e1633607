import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { compactDecrypt, CompactEncrypt, type CompactJWEHeaderParameters } from 'jose';
import { sha256 } from '../../../kernel/secrets.js';

/** Ways to wrap the content key (RFC 7518 section 4), by the type of the recipient's key. */
export type WrappingAlgorithm = 'RSA-OAEP-256' | 'ECDH-ES+A256KW' | 'ECDH-ES';

export interface Recipient {
  readonly key: KeyObject;
  readonly algorithm: WrappingAlgorithm;
}

/** What is bound to the ciphertext beside the key: all of it is authenticated. */
export type EnvelopeLabel =
  | { readonly typ: 'wrapped-key'; readonly certificateId: string }
  | {
      readonly typ: 'archived-key';
      readonly certificateId: string;
      /** Whose key it is. */
      readonly userId: string;
      /** Of the recipient's key. */
      readonly kid: string;
    };

/**
 * A PKCS #8 key for one recipient: AES-256-GCM under a key of its own, which is wrapped for the recipient; the label is the
 * additional authenticated data (JWE, RFC 7516 section 5.1 step 14).
 */
export function sealKey(
  { key, algorithm }: Recipient,
  label: EnvelopeLabel,
  pkcs8: Buffer,
): Promise<string> {
  return new CompactEncrypt(pkcs8)
    .setProtectedHeader({ ...label, alg: algorithm, enc: 'A256GCM' })
    .encrypt(key);
}

/** @throws Error where the key, the label or an octet is another */
export async function openKey(key: KeyObject, label: EnvelopeLabel, jwe: string): Promise<Buffer> {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, key, {
    keyManagementAlgorithms: [algorithmFor(key)],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  if (!carries(protectedHeader, label))
    throw new Error('The envelope is for another certificate, or another user.');
  return Buffer.from(plaintext);
}

function carries(header: CompactJWEHeaderParameters, label: EnvelopeLabel): boolean {
  return Object.entries(label).every(([name, value]) => header[name] === value);
}

/** Unless the recipient says otherwise. */
export function algorithmFor(key: KeyObject): WrappingAlgorithm {
  return key.asymmetricKeyType === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW';
}

/** SHA-256 of the SubjectPublicKeyInfo that goes with a private key. */
export function publicKeyHashOf(pkcs8: Buffer): Buffer {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return sha256(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}
