import {
  context,
  enumerated,
  integer,
  integerOf,
  octetString,
  sequence,
  time,
} from './der-writer.js';
import { encode } from './forge-encoder.js';
import { reasonCodeOf } from './revocation-reason.js';
import { type Signer, signTbs } from './signer.js';

export interface RevokedEntry {
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
  /** By its name in RFC 5280. */
  readonly reason: string | null;
}

export interface RevocationListDraft {
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** As {@link encodeEntry} writes them, in any portions. */
  readonly entries: readonly Buffer[];
}

const VERSION_2 = integer(1n);
/** Object identifiers 2.5.29.20 and 2.5.29.21. */
const CRL_NUMBER = Buffer.from('0603551d14', 'hex');
const REASON_CODE = Buffer.from('0603551d15', 'hex');

/** One element of revokedCertificates (RFC 5280 5.1). */
export function encodeEntry({ serialNumber, revokedAt, reason }: RevokedEntry): Buffer {
  const serial = integerOf(Buffer.from(serialNumber, 'hex'));
  const code = reasonCodeOf(reason);
  return code === undefined
    ? sequence(serial, time(revokedAt))
    : sequence(serial, time(revokedAt), reasonExtension(code));
}

/** A complete CRL, version 2, in DER (RFC 5280 5.1, 5.2). */
export function signRevocationList(signer: Signer, draft: RevocationListDraft): Promise<Buffer> {
  const { number, thisUpdate, nextUpdate, entries } = draft;
  const tbs = sequence(
    VERSION_2,
    encode(signer.signatureAlgorithm),
    encode(signer.name),
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length === 0 ? [] : [sequence(...entries)]), // RFC 5280 5.1.2.6: absent when empty
    context(0, sequence(encode(signer.authorityKeyIdentifier), numberExtension(number))),
  );
  return signTbs(signer, tbs);
}

/** RFC 5280 5.2.3 */
function numberExtension(number: bigint): Buffer {
  return sequence(CRL_NUMBER, octetString(integer(number)));
}

/** RFC 5280 5.3.1 */
function reasonExtension(code: number): Buffer {
  return sequence(sequence(REASON_CODE, octetString(enumerated(code))));
}
