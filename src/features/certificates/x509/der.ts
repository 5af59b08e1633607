/** Tags of the values read and written here, constructed bit included (X.680 8.4). */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
  CONTEXT_0: 0xa0,
  CONTEXT_3: 0xa3,
} as const;

/** One value with all its parts; the buffers are views on the bytes that were parsed. */
export interface DerValue {
  readonly tag: number;
  /** Tag, length and content. */
  readonly encoded: Buffer;
  readonly content: Buffer;
  /** Empty unless the value is constructed. */
  readonly items: readonly DerValue[];
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

const MAX_DEPTH = 16;
const CONSTRUCTED = 0x20;
const CLASS_MASK = 0xc0;
const TAG_NUMBER_MASK = 0x1f;

/**
 * Reads exactly one value and everything within it. Strict (ITU-T X.690 DER): definite, minimal lengths; minimal
 * integers; no constructed strings; nothing behind the value. Multi-byte tags do not occur in what is read here.
 * @throws DerError
 */
export function parseDer(bytes: Buffer): DerValue {
  const value = readValue(bytes, 0);
  if (value.encoded.length !== bytes.length) throw new DerError('bytes behind the value');
  return value;
}

/** The value itself, if it is there and carries this tag. */
export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new DerError('unexpected or missing value');
  return value;
}

/** The parts of a constructed value with this tag. */
export function itemsOf(value: DerValue | undefined, tag: number): readonly DerValue[] {
  return expectTag(value, tag).items;
}

/** The parts, which must be as many as the caller knows what to do with. */
export function exactItemsOf(
  value: DerValue | undefined,
  tag: number,
  count: number,
): readonly DerValue[] {
  const items = itemsOf(value, tag);
  if (items.length !== count) throw new DerError('wrong number of parts');
  return items;
}

/** Content of a BIT STRING of whole octets. */
export function octetsOfBitString(value: DerValue | undefined): Buffer {
  const { content } = expectTag(value, TAG.BIT_STRING);
  if (content[0] !== 0) throw new DerError('bit string of broken octets');
  return content.subarray(1);
}

/** Big-endian magnitude of an INTEGER greater than zero, without a sign octet. */
export function positiveInteger(value: DerValue | undefined): Buffer {
  const { content } = expectTag(value, TAG.INTEGER);
  const first = octetAt(content, 0);
  if (first >= 0x80 || (first === 0 && content.length === 1)) {
    throw new DerError('integer is not positive');
  }
  return first === 0 ? content.subarray(1) : content;
}

function readValue(bytes: Buffer, depth: number): DerValue {
  if (depth > MAX_DEPTH) throw new DerError('nested too deep');
  const tag = octetAt(bytes, 0);
  if ((tag & TAG_NUMBER_MASK) === TAG_NUMBER_MASK) throw new DerError('multi-byte tag');
  const { headerSize, contentSize } = readLength(bytes);
  const end = headerSize + contentSize;
  if (end > bytes.length) throw new DerError('value is cut short');
  const content = bytes.subarray(headerSize, end);
  if ((tag & CLASS_MASK) === 0) checkUniversal(tag, content);
  const items = (tag & CONSTRUCTED) === 0 ? [] : readItems(content, depth + 1);
  return { tag, encoded: bytes.subarray(0, end), content, items };
}

function readItems(content: Buffer, depth: number): DerValue[] {
  const items: DerValue[] = [];
  for (let offset = 0; offset < content.length;) {
    const item = readValue(content.subarray(offset), depth);
    items.push(item);
    offset += item.encoded.length;
  }
  return items;
}

function readLength(bytes: Buffer): { headerSize: number; contentSize: number } {
  const first = octetAt(bytes, 1);
  if (first < 0x80) return { headerSize: 2, contentSize: first };
  const count = first & 0x7f;
  if (count === 0 || count > 3) throw new DerError('indefinite or oversized length');
  if (bytes.length < 2 + count) throw new DerError('value is cut short');
  const contentSize = bytes.readUIntBE(2, count);
  const isMinimal = contentSize >= 0x80 && contentSize >= 2 ** (8 * (count - 1));
  if (!isMinimal) throw new DerError('length is not minimal');
  return { headerSize: 2 + count, contentSize };
}

const UNIVERSAL_CHECKS: ReadonlyMap<number, (content: Buffer) => boolean> = new Map([
  [TAG.BOOLEAN, (content) => content.length === 1 && (content[0] === 0 || content[0] === 0xff)],
  [TAG.INTEGER, isMinimalInteger],
  [TAG.BIT_STRING, isCanonicalBitString],
  [TAG.NULL, (content) => content.length === 0],
  [TAG.OID, isObjectIdentifier],
  [TAG.ENUMERATED, isMinimalInteger],
]);

function checkUniversal(tag: number, content: Buffer): void {
  const mustBeConstructed = tag === 0x10 || tag === 0x11 || tag === 0;
  const mustBePrimitive = (tag & CONSTRUCTED) !== 0 && tag !== TAG.SEQUENCE && tag !== TAG.SET;
  if (mustBeConstructed || mustBePrimitive) throw new DerError('form does not fit the tag');
  if (UNIVERSAL_CHECKS.get(tag)?.(content) === false) throw new DerError('content is not DER');
}

// X.690 8.3.2
function isMinimalInteger(content: Buffer): boolean {
  if (content.length < 2) return content.length === 1;
  const firstNineBits = content.readUInt16BE(0) >> 7;
  return firstNineBits !== 0 && firstNineBits !== 0x1ff;
}

// X.690 11.2.1
function isCanonicalBitString(content: Buffer): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return (octetAt(content, content.length - 1) & ((1 << unused) - 1)) === 0;
}

// X.690 8.19.2
function isObjectIdentifier(content: Buffer): boolean {
  if (content.length === 0 || octetAt(content, content.length - 1) >= 0x80) return false;
  return content.every((octet, i) => octet !== 0x80 || (i > 0 && octetAt(content, i - 1) >= 0x80));
}

function octetAt(bytes: Buffer, offset: number): number {
  const octet = bytes[offset];
  if (octet === undefined) throw new DerError('value is cut short');
  return octet;
}
