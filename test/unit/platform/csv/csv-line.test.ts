import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { csvLine, fromHarmless } from '../../../../src/platform/csv/csv-line';

const FORMULA_MARKS = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
const risky = fc.constantFrom(...FORMULA_MARKS, '\t', '\r', '\n', "'", ',', ';', '"', 'a', ' ');
const text = fc.oneof(fc.string(), fc.string({ unit: risky }));

const read = (line: string): string[] => parse(line)[0] ?? [];

test('what is written is read again, to the letter', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 6 }), (fields) => {
      expect(read(csvLine(fields)).map(fromHarmless)).toEqual(fields);
    }),
  );
});

test('no field begins a formula, wherever a spreadsheet may part them, and whatever it passes over', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (fields) => {
      const pieces = csvLine(fields).split(/[,;\t\r\n]/);
      const starts = pieces.map((piece) => piece.replace(/^["\s]*/, '').slice(0, 1));
      for (const mark of FORMULA_MARKS) expect(starts).not.toContain(mark);
    }),
  );
});

test.each([
  ['=1+1', "'=1+1"],
  ['a;=1', '"a;\'=1"'],
  ["'quoted", "''quoted"],
  ['plain 1-2', 'plain 1-2'],
  [';"=1', '";\'""=1"'],
  ['say "yes"', '"say ""yes"""'],
])('%j is written as %j', (field, written) => {
  expect(csvLine([field])).toBe(`${written}\r\n`);
});

test('a record ends with CRLF, and what may be misread is in quotes', () => {
  const fields = ['a', 'b "c"', 'd,e', 'f\ng', ' h', '', null];
  expect(csvLine(fields)).toBe('a,"b ""c""","d,e","f\ng"," h",,\r\n');
});

test.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '\ttext',
  '"=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
])('%j is text to a spreadsheet, and no formula', (formula) => {
  expect(read(csvLine([formula]))[0]).toMatch(/^'/);
});

test.each(['a=b', '1-2', 'x@y.example', 'Müller', '  text'])('%j stays as it is', (plain) => {
  expect(read(csvLine([plain]))).toEqual([plain]);
});
