import { printSheets, sheetsPdf, type Sheet } from '../../../src/features/qr/sheet.service';

const NOW = new Date('2026-11-22T08:00:00Z');
const FACTS = { title: 'Sheets', language: 'EN' as const, now: NOW };
const SHEET: Sheet = {
  title: 'Visitors',
  lead: 'Get your mobile ID',
  uri: 'https://id.example.org/m#abcdefghijklmnopqrstuv',
  uriLabel: 'Or open this address:',
  instructions: 'Scan.',
  links: [{ label: 'App', url: 'https://apps.example.org' }],
};

function pagesIn(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;
}

test('each sheet is a page', async () => {
  const pdf = await sheetsPdf([SHEET, { ...SHEET, links: [] }, SHEET], FACTS);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pagesIn(pdf)).toBe(3);
});

test('no text, however long or high, makes a second page', async () => {
  const long: Sheet = {
    ...SHEET,
    title: 'W'.repeat(100),
    lead: 'W'.repeat(200),
    uri: `https://id.example.org/${'w'.repeat(150)}#abcdefghijklmnopqrstuv`,
    instructions: 'line\n'.repeat(400),
    links: Array.from({ length: 6 }, (_, i) => ({
      label: 'W'.repeat(60),
      url: `https://apps.example.org/${String(i)}${'w'.repeat(150)}`,
    })),
  };
  expect(pagesIn(await sheetsPdf([long], FACTS))).toBe(1);
});

test('letters of any script, and of none, can be printed', async () => {
  const instructions = 'Ödön Ελληνικά Кириллица עברית العربية 漢字 😀 \u200b';
  expect(pagesIn(await sheetsPdf([{ ...SHEET, instructions }], FACTS))).toBe(1);
});

test('the same sheets at the same time are the same document', async () => {
  const [one, other] = await Promise.all([sheetsPdf([SHEET], FACTS), sheetsPdf([SHEET], FACTS)]);
  expect(one.equals(other)).toBe(true);
});

test('sheets are asked for while the document is read, not before', async () => {
  let asked = 0;
  async function* endless(): AsyncGenerator<Sheet> {
    for (;;) {
      asked += 1;
      yield Promise.resolve(SHEET);
    }
  }
  const stream = printSheets(endless(), FACTS);
  let read = 0;
  for await (const chunk of stream) {
    read += (chunk as Buffer).length;
    if (read > 100_000) break;
  }
  expect(asked).toBeLessThan(200);
});
