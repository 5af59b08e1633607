import { TAG } from './der.js';

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** One value in DER: tag, shortest length, content. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag), lengthOctets(size), ...parts]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(TAG.SEQUENCE, ...parts);

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

function lengthOctets(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(size);
  const minimal = octets.subarray(octets.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.of(0x80 | minimal.length), minimal]);
}
