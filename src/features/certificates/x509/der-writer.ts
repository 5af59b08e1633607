import { TAG } from './der.js';

declare const der: unique symbol;
/** Values in DER, a character for each octet: joining strings copies nothing, which makes this several times as fast as buffers. */
export type Der = string & { readonly [der]: true };

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;
const BASE_128 = 0x80;
/** RFC 5280 4.1.2.5, 5.1.2.4: from then on, GeneralizedTime. */
const FIRST_YEAR_OF_GENERALIZED_TIME = 2050;
/** There are few, and they come again and again. */
const knownOids = new Map<string, Der>();

/** DER that stands already. */
export function derOf(octets: Buffer): Der {
  return octets.toString('latin1') as Der;
}

export function octetsOf(value: Der): Buffer {
  return Buffer.from(value, 'latin1');
}

/** One value: tag, shortest length, content. @param content a character for each octet */
export function tlv(tag: number, content: string): Der {
  return (String.fromCharCode(tag) + lengthOf(content.length) + content) as Der;
}

export const TRUE = tlv(TAG.BOOLEAN, '\xff');
export const NULL = tlv(TAG.NULL, '');

export function sequence(...parts: readonly Der[]): Der {
  return tlv(TAG.SEQUENCE, parts.join(''));
}

/** The caller brings the parts of a SET OF in the order of their encodings (X.690 11.6). */
export function set(...parts: readonly Der[]): Der {
  return tlv(TAG.SET, parts.join(''));
}

export function octetString(content: Buffer | Der): Der {
  return tlv(TAG.OCTET_STRING, typeof content === 'string' ? content : derOf(content));
}

/** Of whole octets. */
export function bitString(content: Buffer): Der {
  return tlv(TAG.BIT_STRING, `\0${derOf(content)}`);
}

/** Of a number that is not negative: minimal, with a zero octet before a leading one bit (X.690 8.3). */
export function integer(value: bigint): Der {
  const hex = value.toString(16);
  const magnitude = derOf(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
  return tlv(TAG.INTEGER, magnitude.charCodeAt(0) < 0x80 ? magnitude : `\0${magnitude}`);
}

export function enumerated(value: number): Der {
  return tlv(TAG.ENUMERATED, String.fromCharCode(value));
}

/** @param tag of the string type */
export function text(tag: number, value: string): Der {
  return tlv(tag, derOf(Buffer.from(value, 'utf8')));
}

/** Wraps whole values: `[number] EXPLICIT`, or a constructed one that is IMPLICIT. */
export function context(number: number, ...parts: readonly Der[]): Der {
  return tlv(CONTEXT | CONSTRUCTED | number, parts.join(''));
}

/** `[number] IMPLICIT` over a value that is not constructed. @param content a character for each octet */
export function contextPrimitive(number: number, content: string): Der {
  return tlv(CONTEXT | number, content);
}

/** @param id dotted decimal */
export function oid(id: string): Der {
  const known = knownOids.get(id);
  if (known !== undefined) return known;
  const value = tlv(TAG.OID, encodeOid(id));
  knownOids.set(id, value);
  return value;
}

/** RFC 5280 4.1.2.5, 5.1.2.4 */
export function time(date: Date): Der {
  return date.getUTCFullYear() < FIRST_YEAR_OF_GENERALIZED_TIME
    ? tlv(TAG.UTC_TIME, digitsOf(date).slice(2))
    : generalizedTime(date);
}

/** Whole seconds, as everywhere in these formats (RFC 5280 4.1.2.5.2). */
export function generalizedTime(date: Date): Der {
  return tlv(TAG.GENERALIZED_TIME, digitsOf(date));
}

function digitsOf(date: Date): string {
  const iso = date.toISOString();
  const day = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  return `${day}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

// X.690 8.19
function encodeOid(id: string): string {
  const [first = 0, second = 0, ...rest] = id.split('.').map(Number);
  return [first * 40 + second, ...rest].map(base128).join('');
}

function base128(number: number): string {
  const higher = Math.floor(number / BASE_128);
  const last = number % BASE_128;
  return higher === 0 ? String.fromCharCode(last) : continued(higher) + String.fromCharCode(last);
}

function continued(number: number): string {
  const higher = Math.floor(number / BASE_128);
  const octet = String.fromCharCode(BASE_128 + (number % BASE_128));
  return higher === 0 ? octet : continued(higher) + octet;
}

// X.690 10.1: in as few octets as can be
function lengthOf(size: number): string {
  if (size < 0x80) return String.fromCharCode(size);
  if (size < 0x1_00) return String.fromCharCode(0x81, size);
  if (size < 0x1_00_00) return String.fromCharCode(0x82, size >> 8, size & 0xff);
  const low = [(size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff];
  return size < 0x1_00_00_00
    ? String.fromCharCode(0x83, ...low)
    : String.fromCharCode(0x84, size >> 24, ...low);
}
