import { concat, type Bytes } from '../bytes.js';
import { DerError, encode, TAG } from '../der.js';

const CONSTRUCTED = 0x20;
const CONSTRUCTED_OCTETS = TAG.OCTET_STRING | CONSTRUCTED;
const MAX_DEPTH = 32;

interface Read {
  readonly der: Bytes;
  /** Where the next value begins. */
  readonly end: number;
}

/**
 * The same value with definite, minimal lengths and strings in one piece: mail programs write what they encrypt in BER
 * (X.690 8.1.3.6), a piece at a time. Throws `DerError`.
 */
export function toDer(ber: Bytes): Bytes {
  const { der, end } = readValue(ber, 0, 0);
  if (end !== ber.length) throw new DerError('Expected exactly one value.');
  return der;
}

function readValue(bytes: Bytes, start: number, depth: number): Read {
  if (depth > MAX_DEPTH) throw new DerError('Nested too deep.');
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError('Long tags have no place here.');
  const first = byteAt(bytes, start + 1);
  if (first === 0x80) return readIndefinite(bytes, start, depth);
  const { length, octets } = lengthAt(bytes, start + 1);
  const from = start + 1 + octets;
  const end = from + length;
  if (end > bytes.length) throw new DerError('Cut off.');
  const content = bytes.subarray(from, end);
  if ((tag & CONSTRUCTED) === 0) return { der: encode(tag, content), end };
  const items: Bytes[] = [];
  for (let at = 0; at < content.length;) {
    const item = readValue(content, at, depth + 1);
    items.push(item.der);
    at = item.end;
  }
  return { der: constructed(tag, items), end };
}

function readIndefinite(bytes: Bytes, start: number, depth: number): Read {
  const tag = byteAt(bytes, start);
  if ((tag & CONSTRUCTED) === 0) throw new DerError('A primitive value has a length.');
  const items: Bytes[] = [];
  let at = start + 2;
  while (byteAt(bytes, at) !== 0 || byteAt(bytes, at + 1) !== 0) {
    const item = readValue(bytes, at, depth + 1);
    items.push(item.der);
    at = item.end;
  }
  return { der: constructed(tag, items), end: at + 2 };
}

function constructed(tag: number, items: readonly Bytes[]): Bytes {
  return tag === CONSTRUCTED_OCTETS
    ? encode(TAG.OCTET_STRING, ...items.map(octetsOf))
    : encode(tag, ...items);
}

/** Content of an OCTET STRING in DER. */
function octetsOf(der: Bytes): Bytes {
  if (der[0] !== TAG.OCTET_STRING) throw new DerError('Expected a piece of an OCTET STRING.');
  return der.subarray(1 + lengthAt(der, 1).octets);
}

/** The pieces of an implicitly tagged OCTET STRING, in one. */
export function joinOctets(pieces: readonly Bytes[]): Bytes {
  return concat(...pieces.map(octetsOf));
}

function lengthAt(bytes: Bytes, at: number): { length: number; octets: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, octets: 1 };
  const count = first & 0x7f;
  if (count > 4) throw new DerError('Length out of bounds.');
  let length = 0;
  for (let i = 1; i <= count; i += 1) length = length * 256 + byteAt(bytes, at + i);
  return { length, octets: 1 + count };
}

function byteAt(bytes: Bytes, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('Cut off.');
  return byte;
}
