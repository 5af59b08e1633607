import { concat, utf8, type Bytes } from './bytes.js';

/** The tags of X.690 that requests and certificates are made of. */
export const TAG = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  SEQUENCE: 0x30,
  SET: 0x31,
  CONTEXT_0_PRIMITIVE: 0x80,
  CONTEXT_0: 0xa0,
  CONTEXT_1: 0xa1,
  CONTEXT_2: 0xa2,
  CONTEXT_3: 0xa3,
} as const;

export function encode(tag: number, ...content: readonly Bytes[]): Bytes {
  const body = concat(...content);
  return concat(Uint8Array.of(tag, ...lengthOctets(body.length)), body);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** Dotted, e.g. `2.5.4.3`. */
export function encodeOid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(TAG.OID, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128));
  }
  return octets;
}

/** A non-negative INTEGER from big-endian bytes of any width. */
export function encodeUnsigned(bytes: Bytes): Bytes {
  const significant = bytes.slice(bytes.findIndex((byte) => byte !== 0));
  const needsZero = (significant[0] ?? 0x80) >= 0x80;
  return encode(TAG.INTEGER, needsZero ? Uint8Array.of(0) : new Uint8Array(), significant);
}

export function encodeBitString(bytes: Bytes): Bytes {
  return encode(TAG.BIT_STRING, Uint8Array.of(0), bytes);
}

/** A DirectoryString: printable where it can be (RFC 2985 5.4.1), else UTF-8. */
export function encodeText(text: string): Bytes {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
  return encode(printable ? TAG.PRINTABLE_STRING : TAG.UTF8_STRING, utf8(text));
}

export interface DerNode {
  readonly tag: number;
  readonly content: Bytes;
  /** Tag, length and content, as they stood. */
  readonly raw: Bytes;
}

/** Thrown for bytes that are not DER of the expected shape. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** All nodes that stand one after another in the bytes. */
export function decodeAll(bytes: Bytes): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length; at += nodes.at(-1)?.raw.length ?? 0) {
    nodes.push(decodeAt(bytes, at));
  }
  return nodes;
}

/** The one node that the bytes are. */
export function decode(bytes: Bytes, tag: number): DerNode {
  const [node, ...others] = decodeAll(bytes);
  if (node === undefined || others.length > 0) throw new DerError('Expected exactly one value.');
  return expectTag(node, tag);
}

export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag !== tag) throw new DerError(`Expected tag ${tag.toString(16)}.`);
  return node;
}

/** An OBJECT IDENTIFIER, dotted. */
export function oidText(node: DerNode | undefined): string {
  const { content } = expectTag(node, TAG.OID);
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join('.');
}

/** The content of a BIT STRING of whole bytes. */
export function bitStringContent(node: DerNode | undefined): Bytes {
  const { content } = expectTag(node, TAG.BIT_STRING);
  if (content[0] !== 0) throw new DerError('Expected a BIT STRING of whole bytes.');
  return content.subarray(1);
}

function decodeAt(bytes: Bytes, start: number): DerNode {
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError('Long tags have no place here.');
  const { length, octets } = lengthAt(bytes, start + 1);
  const from = start + 1 + octets;
  const end = from + length;
  if (end > bytes.length) throw new DerError('Cut off.');
  return { tag, content: bytes.subarray(from, end), raw: bytes.subarray(start, end) };
}

/** X.690 10.1: definite, and as short as it can be. */
function lengthAt(bytes: Bytes, at: number): { length: number; octets: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { length: first, octets: 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 3) throw new DerError('Length out of bounds.');
  let length = 0;
  for (let i = 1; i <= count; i += 1) length = length * 256 + byteAt(bytes, at + i);
  if (lengthOctets(length).length !== 1 + count) throw new DerError('Length is not minimal.');
  return { length, octets: 1 + count };
}

function byteAt(bytes: Bytes, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new DerError('Cut off.');
  return byte;
}
