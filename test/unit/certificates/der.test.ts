import fc from 'fast-check';
import {
  DerError,
  parseDer,
  positiveInteger,
} from '../../../src/features/certificates/x509/der.js';
import { hex, tlv } from './request-builder.js';

const NOT_DER: readonly (readonly [fact: string, bytes: string])[] = [
  ['nothing at all', ''],
  ['a lone tag', '02'],
  ['an indefinite length', '3080 020100 0000'],
  ['a long form where the short one fits', '0481 01 00'],
  ['a length with a leading zero octet', '048200 80' + '00'.repeat(128)],
  ['a length of four octets', '0484 00000001 00'],
  ['content cut short', '0403 0000'],
  ['a byte behind the value', '0500 00'],
  ['a part that reaches beyond its parent', '3003 0202 01'],
  ['a multi-byte tag', '1f8101 00'],
  ['an end-of-contents tag', '0000'],
  ['a primitive sequence', '1000'],
  ['a primitive set', '1100'],
  ['a constructed octet string', '2404 0402 0000'],
  ['a constructed UTF-8 string', '2c03 0c0141'],
  ['an empty integer', '0200'],
  ['an integer with a superfluous zero octet', '0202 0001'],
  ['an integer with a superfluous sign octet', '0202 ff80'],
  ['a boolean that is neither 00 nor ff', '0101 01'],
  ['a null with content', '0501 00'],
  ['a bit string without its first octet', '0300'],
  ['a bit string with eight unused bits', '0302 0800'],
  ['an empty bit string with unused bits', '0301 01'],
  ['a bit string with a set padding bit', '0302 0181'],
  ['an empty object identifier', '0600'],
  ['an object identifier that breaks off', '0602 2a86'],
  ['an object identifier with a padded arc', '0603 2a8001'],
];

test.each(NOT_DER)('%s is not DER', (_fact, bytes) => {
  expect(() => parseDer(hex(bytes))).toThrow(DerError);
});

test('a value is split into its parts without copying', () => {
  const bytes = hex('3009 020105 a0040c02c3a4');
  const value = parseDer(bytes);
  expect(value.items.map(({ tag }) => tag)).toEqual([0x02, 0xa0]);
  expect(value.items[1]?.items[0]?.content.toString()).toBe('ä');
  expect(value.encoded.buffer).toBe(bytes.buffer);
});

test.each([
  ['zero', '020100'],
  ['minus one', '0201ff'],
])('%s is not a positive integer', (_fact, bytes) => {
  expect(() => positiveInteger(parseDer(hex(bytes)))).toThrow(DerError);
});

test('nesting ends at sixteen levels', () => {
  const nest = (levels: number): Buffer =>
    Array.from({ length: levels }).reduce<Buffer>((inner) => tlv(0x30, inner), hex('0500'));
  expect(parseDer(nest(16)).tag).toBe(0x30);
  expect(() => parseDer(nest(17))).toThrow('nested too deep');
});

test('whatever is written is read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (content) => {
      const octets = Buffer.from(content);
      const parsed = parseDer(tlv(0x30, tlv(0x04, octets.subarray(0, 60_000))));
      expect(parsed.items[0]?.content.equals(octets.subarray(0, 60_000))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('random bytes are read or refused, never anything else', () => {
  const outcomeOf = (input: Buffer): unknown => {
    try {
      return parseDer(input).encoded.equals(input);
    } catch (error) {
      return error instanceof DerError || error;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(outcomeOf(Buffer.from(bytes))).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
