/** Key types that Signet's authorities and phones may have: RSA by modulus length in bits, elliptic curves by NIST name. */
export const KEY_ALGORITHMS = ['RSA-2048', 'RSA-3072', 'RSA-4096', 'P-256', 'P-384'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];
