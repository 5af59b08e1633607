import { context, derOf, integer, octetsOf, oid, sequence, set } from './der-writer.js';

/** RFC 5652 5.1, 4 */
const ID_SIGNED_DATA = oid('1.2.840.113549.1.7.2');
const ID_DATA = oid('1.2.840.113549.1.7.1');
/** RFC 5652 5.1: no certificate but X.509's, and no signer. */
const VERSION = integer(1n);

/**
 * Certificates alone, as a CMS SignedData that nobody has signed: the "certs-only" Simple PKI Response of RFC 5272 4.1.
 * @param certificates DER
 */
export function encodeCertsOnly(certificates: readonly Buffer[]): Buffer {
  const none = set();
  // X.690 11.6: the parts of a SET OF in the order of their encodings.
  const sorted = [...certificates].sort((a, b) => Buffer.compare(a, b)).map(derOf);
  const signedData = sequence(VERSION, none, sequence(ID_DATA), context(0, ...sorted), none);
  return octetsOf(sequence(ID_SIGNED_DATA, context(0, signedData)));
}
