import { type Der, integer, octetsOf, oid, sequence, set } from './der-writer.js';

const CHALLENGE_PASSWORD = oid('1.2.840.113549.1.9.7');
const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1');
const P_256 = oid('1.2.840.10045.3.1.7');
const P_384 = oid('1.3.132.0.34');
const RSA_ENCRYPTION = oid('1.2.840.113549.1.1.1');
const SMALLEST_MODULUS = 2048n;

/**
 * What a client should put into its request (RFC 7030 4.5.2): the key types that are served, the preferred one first, and for a
 * client whose connection can be seen from here its channel binding as challengePassword (RFC 7030 3.5).
 */
export function encodeCsrAttributes({ isLinkable }: { readonly isLinkable: boolean }): Buffer {
  return octetsOf(
    sequence(
      ...(isLinkable ? [CHALLENGE_PASSWORD] : []),
      // Shorter encodings come first (X.690 11.6).
      attribute(EC_PUBLIC_KEY, P_384, P_256),
      attribute(RSA_ENCRYPTION, integer(SMALLEST_MODULUS)),
    ),
  );
}

function attribute(type: Der, ...values: readonly Der[]): Der {
  return sequence(type, set(...values));
}
