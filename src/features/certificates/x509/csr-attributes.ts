import { TAG } from './der.js';
import { integer, sequence, tlv } from './der-writer.js';

const CHALLENGE_PASSWORD = Buffer.from('06092a864886f70d010907', 'hex');
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const P_256 = Buffer.from('06082a8648ce3d030107', 'hex');
const P_384 = Buffer.from('06052b81040022', 'hex');
const RSA_ENCRYPTION = Buffer.from('06092a864886f70d010101', 'hex');
const SMALLEST_MODULUS = 2048n;

/**
 * What a client should put into its request (RFC 7030 4.5.2): the key types that are served, the preferred one first, and for a
 * client whose connection can be seen from here its channel binding as challengePassword (RFC 7030 3.5).
 */
export function encodeCsrAttributes({ isLinkable }: { readonly isLinkable: boolean }): Buffer {
  return sequence(
    ...(isLinkable ? [CHALLENGE_PASSWORD] : []),
    attribute(EC_PUBLIC_KEY, P_384, P_256),
    attribute(RSA_ENCRYPTION, integer(SMALLEST_MODULUS)),
  );
}

/** The values in the order of their encodings (X.690 11.6): shorter lengths come first. */
function attribute(type: Buffer, ...values: readonly Buffer[]): Buffer {
  return sequence(type, tlv(TAG.SET, ...values));
}
