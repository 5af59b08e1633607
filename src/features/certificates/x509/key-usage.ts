import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { PublicKeyAlgorithm } from './key-checks.js';

/** RFC 5280 4.2.1.3 */
const KEY_USAGE_BITS = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export type KeyUsage = keyof typeof KEY_USAGE_BITS;

/** What a holder's key may be used for. RFC 8813: an EC key agrees on keys, it does not encipher them. */
export function keyUsageOf(kind: CertificateKind, keyAlgorithm: PublicKeyAlgorithm): KeyUsage {
  switch (kind) {
    case 'AUTHENTICATION':
      return 'digitalSignature';
    case 'SIGNATURE':
      return 'nonRepudiation';
    case 'ENCRYPTION':
      return keyAlgorithm.startsWith('RSA-') ? 'keyEncipherment' : 'keyAgreement';
  }
}

/** Content of the BIT STRING, without trailing zero bits (X.690 11.2.2). */
export function keyUsageBits(usages: readonly KeyUsage[]): Buffer {
  const numbers: number[] = usages.map((usage) => KEY_USAGE_BITS[usage]);
  const octet = numbers.reduce((bits, number) => bits | (0x80 >> number), 0);
  return Buffer.of(7 - Math.max(...numbers), octet);
}
