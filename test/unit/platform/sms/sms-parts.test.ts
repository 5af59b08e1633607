import fc from 'fast-check';
import { PDU } from 'smpp';
import { partsOf } from '../../../../src/platform/sms/sms-parts.js';

const gsmChar = fc.constantFrom(
  ...Array.from(
    '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà^{}\\[~]|€\n\r\'',
  ),
);
const anyChar = fc.oneof(gsmChar, fc.constantFrom('Я', '漢', '😀', 'ğ', '’'));
const text = (char: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(char, { maxLength: 500 }).map((chars) => chars.join(''));

/** The text that the library reads out of a part, by tables of its own. */
function decode(part: Buffer, coding: number): string {
  const pdu = new PDU('submit_sm', { data_coding: coding, short_message: part });
  const read = new (PDU as unknown as new (bytes: Buffer) => typeof pdu)(
    (pdu as unknown as { toBuffer(): Buffer }).toBuffer(),
  );
  return (read.short_message as { message: string }).message;
}

test('a text of the GSM alphabet comes back whole, 160 characters at once or 153 in each part', () => {
  fc.assert(
    fc.property(text(gsmChar), (whole) => {
      const { encoding, parts } = partsOf(whole);
      expect(encoding).toBe('GSM-7');
      expect(parts.map((part) => decode(part, 0)).join('')).toBe(whole);
      for (const part of parts)
        expect(part.length).toBeLessThanOrEqual(parts.length > 1 ? 153 : 160);
    }),
  );
});

test('any other text comes back whole as UCS-2, no character torn in two', () => {
  fc.assert(
    fc.property(text(anyChar), (begin) => {
      const whole = `${begin}😀`;
      const { encoding, parts } = partsOf(whole);
      expect(encoding).toBe('UCS-2');
      const texts = parts.map((part) => decode(part, 8));
      expect(texts.join('')).toBe(whole);
      for (const each of texts) expect(each).not.toMatch(/\p{Surrogate}/u);
      for (const part of parts)
        expect(part.length).toBeLessThanOrEqual(parts.length > 1 ? 134 : 140);
    }),
  );
});

test.each([
  ['160 letters', 'a'.repeat(160), 1],
  ['161 letters', 'a'.repeat(161), 2],
  ['80 signs of the extension table', '€'.repeat(80), 1],
  ['81 of them', '€'.repeat(81), 2],
  ['70 other characters', 'я'.repeat(70), 1],
  ['71 other characters', 'я'.repeat(71), 2],
  ['nothing', '', 1],
])('%s take %#. as many messages as the standard says', (_what, whole, parts) => {
  expect(partsOf(whole).parts).toHaveLength(parts);
});

test('no sign of the extension table is torn in two at the end of a part', () => {
  const { parts } = partsOf(`${'a'.repeat(152)}€${'b'.repeat(20)}`);
  expect(parts.map((part) => part.length)).toEqual([152, 22]);
});
