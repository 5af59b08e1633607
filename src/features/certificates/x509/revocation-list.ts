import { TAG } from './der.js';
import {
  context,
  type Der,
  derOf,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from './der-writer.js';
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
  /** As {@link encodeEntries} writes them, in any portions. */
  readonly entries: readonly Buffer[];
}

const VERSION_2 = integer(1n);
/** id-ce-cRLNumber */
const CRL_NUMBER = oid('2.5.29.20');
/** crlEntryExtensions with 2.5.29.21, whose last octet is the reason (RFC 5280 5.3.1). */
const REASON = Buffer.from('300c300a0603551d1504030a0100', 'hex');
/** Serial number of 23 octets with its head, time of 17, reason of 14, and the head of it all. */
const MAX_ENTRY_OCTETS = 64;

/** Elements of revokedCertificates (RFC 5280 5.1), written into one buffer: a list may have a hundred thousand. */
export function encodeEntries(entries: readonly RevokedEntry[]): Buffer {
  const out = Buffer.allocUnsafe(entries.length * MAX_ENTRY_OCTETS);
  const end = entries.reduce((start, entry) => writeEntry(out, start, entry), 0);
  return out.subarray(0, end);
}

/** @returns where it ends */
function writeEntry(out: Buffer, start: number, entry: RevokedEntry): number {
  let end = writeSerial(out, start + 2, entry.serialNumber);
  end += out.write(time(entry.revokedAt), end, 'latin1');
  const code = reasonCodeOf(entry.reason);
  if (code !== undefined) {
    end += REASON.copy(out, end);
    out[end - 1] = code;
  }
  out[start] = TAG.SEQUENCE;
  out[start + 1] = end - start - 2; // below 128, which is a length of one octet
  return end;
}

function writeSerial(out: Buffer, start: number, serialNumber: string): number {
  const isPadded = parseInt(serialNumber.slice(0, 2), 16) >= 0x80;
  const begin = isPadded ? start + 3 : start + 2;
  if (isPadded) out[start + 2] = 0;
  const end = begin + out.write(serialNumber, begin, 'hex');
  out[start] = TAG.INTEGER;
  out[start + 1] = end - start - 2;
  return end;
}

/** A complete CRL, version 2, in DER (RFC 5280 5.1, 5.2). */
export function signRevocationList(signer: Signer, draft: RevocationListDraft): Promise<Buffer> {
  const { number, thisUpdate, nextUpdate, entries } = draft;
  const tbs = sequence(
    VERSION_2,
    signer.signatureAlgorithm,
    signer.name,
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length === 0 ? [] : [sequence(...entries.map(derOf))]), // RFC 5280 5.1.2.6: absent when empty
    context(0, sequence(signer.authorityKeyIdentifier, numberExtension(number))),
  );
  return signTbs(signer, tbs);
}

/** RFC 5280 5.2.3 */
function numberExtension(number: bigint): Der {
  return sequence(CRL_NUMBER, octetString(integer(number)));
}
