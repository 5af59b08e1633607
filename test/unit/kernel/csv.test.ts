import { csvRecord } from '../../../src/kernel/csv';

test('fields are in quotes, quotes are doubled, and a record ends with CRLF', () => {
  expect(csvRecord(['a', 'b "c"', 'd,e', 'f\ng', '', null, 7])).toBe(
    '"a","b ""c""","d,e","f\ng","","",7\r\n',
  );
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
  '＝1',
  '＋1',
  '－1',
  '＠x',
])('%j is text to a spreadsheet, and no formula', (text) => {
  expect(csvRecord([text])).toBe(`"'${text}"\r\n`);
});

test.each(['a=b', '1-2', 'x@y.example', 'Müller', '  text', '"=1'])('%j stays as it is', (text) => {
  expect(csvRecord([text])).toBe(`"${text.replaceAll('"', '""')}"\r\n`);
});
