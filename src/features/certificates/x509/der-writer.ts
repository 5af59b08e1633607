import { TAG } from './der.js';

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;
const TAG_GENERALIZED_TIME = 0x18;
const TAG_UTC_TIME = 0x17;
const TAG_ENUMERATED = 0x0a;
/** RFC 5280 5.1.2.4: from then on, GeneralizedTime. */
const FIRST_YEAR_OF_GENERALIZED_TIME = 2050;

/** One value in DER: tag, shortest length, content. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag), lengthOctets(size), ...parts]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(TAG.SEQUENCE, ...parts);

export const octetString = (content: Buffer): Buffer => tlv(TAG.OCTET_STRING, content);

export const enumerated = (value: number): Buffer => tlv(TAG_ENUMERATED, Buffer.of(value));

/** Of whole octets. */
export const bitString = (content: Buffer): Buffer => tlv(TAG.BIT_STRING, Buffer.of(0), content);

/** Of a number that is not negative: minimal, with a zero octet before a leading one bit (X.690 8.3). */
export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const magnitude = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return magnitude.readUInt8(0) < 0x80
    ? tlv(TAG.INTEGER, magnitude)
    : tlv(TAG.INTEGER, Buffer.of(0), magnitude);
}

/** Wraps whole values: `[number] EXPLICIT`, or a constructed one that is IMPLICIT. */
export const context = (number: number, ...parts: readonly Buffer[]): Buffer =>
  tlv(CONTEXT | CONSTRUCTED | number, ...parts);

/** `[number] IMPLICIT` over a value that is not constructed. */
export const contextPrimitive = (number: number, content: Buffer): Buffer =>
  tlv(CONTEXT | number, content);

/** Whole seconds, as everywhere in these formats (RFC 5280 4.1.2.5.2). */
export function generalizedTime(date: Date): Buffer {
  return tlv(TAG_GENERALIZED_TIME, Buffer.from(`${digitsOf(date)}Z`));
}

/** RFC 5280 4.1.2.5, 5.1.2.4 */
export function time(date: Date): Buffer {
  return date.getUTCFullYear() < FIRST_YEAR_OF_GENERALIZED_TIME
    ? tlv(TAG_UTC_TIME, Buffer.from(`${digitsOf(date).slice(2)}Z`))
    : generalizedTime(date);
}

function digitsOf(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/\D/g, '');
}

function lengthOctets(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(size);
  const minimal = octets.subarray(octets.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.of(0x80 | minimal.length), minimal]);
}
