import fc from 'fast-check';
import { readConfirmations } from '../../../src/features/assigned-ids/confirmations/confirmation-csv';
import { DomainError } from '../../../src/kernel/errors';

/** In chunks of so many bytes. */
async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

const read = (text: string | Buffer, size = 64 * 1024) =>
  readConfirmations(chunksOf(Buffer.from(text), size));

async function problemsOf(text: string | Buffer): Promise<unknown> {
  const refusal: unknown = await read(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal instanceof DomainError) return refusal.facts['problems'];
  throw new Error('It was taken.', { cause: refusal });
}

const two = { values: ['1', '2'], references: ['a', 'b'], lines: [2, 3], withoutReference: 0 };

describe('a list is read', () => {
  test.each([
    ['with commas', 'value,reference\n1,a\n2,b'],
    ['with semicolons', 'value;reference\n1;a\n2;b\n'],
    ['with tabs', 'value\treference\n1\ta\n2\tb\n'],
    ['with CR LF', 'value,reference\r\n1,a\r\n2,b\r\n'],
    ['with CR', 'value,reference\r1,a\r2,b\r'],
    ['with a byte order mark', '\uFEFFvalue,reference\n1,a\n2,b\n'],
    ['with quotation marks', '"value","reference"\n"1","a"\n"2","b"\n'],
    ['with other names, in another order', 'Host Reference;Name;Assigned_ID\na;x;1\nb;y;2\n'],
    ['with blanks around', 'value , reference\n 1 , a \n2,b\n'],
    ['as it was downloaded', 'number,value,status,hostReference\n1,1,A,a\n2,2,A,b\n'],
  ])('%s', async (_, text) => {
    expect(await read(text)).toEqual(two);
  });

  test('with what spreadsheets must not carry out as it was meant', async () => {
    const { references } = await read("value,reference\n1,'+41 44\n2,''x\n3,it's\n");
    expect(references).toEqual(['+41 44', "'x", "it's"]);
  });

  test('the same in whichever pieces it comes', async () => {
    const text = Buffer.from('value,reference\r\n1,Müller\r\n2,"日本 ""x"", 🙂"\r\n\r\n3,c');
    const whole = await read(text);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (size) => {
        expect(await read(text, size)).toEqual(whole);
      }),
    );
    expect(whole).toMatchObject({ references: ['Müller', '日本 "x", 🙂', 'c'], lines: [2, 3, 5] });
  });

  test('and lines without a reference are counted, and said nothing of', async () => {
    expect(await read('value,reference\n1,\n2,b\n3,"  "\n')).toMatchObject({
      values: ['2'],
      withoutReference: 2,
    });
  });
});

describe('a list is refused, by line and column,', () => {
  test('for all that is wrong with its entries at once', async () => {
    const text = [
      'value,name,reference',
      ',x,a',
      '1,"two\r\nlines",b',
      '1,x,c',
      `2,x,${'y'.repeat(201)}`,
      '3,x,"a\u0007b"',
      '4',
      `${'9'.repeat(101)},x,d`,
    ].join('\r\n');
    expect(await problemsOf(text)).toEqual([
      { line: 2, column: 'value', message: 'It must not be empty.' },
      { line: 5, column: 'value', message: 'It stands in line 3 already.' },
      { line: 6, column: 'reference', message: 'It must have at most 200 characters.' },
      { line: 7, column: 'reference', message: 'It must not contain control characters.' },
      { line: 8, column: null, message: 'It has fewer columns than the headers.' },
      { line: 9, column: 'value', message: 'There is no such ID.' },
    ]);
  });

  test.each([
    ['nothing', ''],
    ['one column', 'value\n1\n'],
    ['headers of another list', 'first name,last name\n1,a\n'],
    ['no headers', '1,a\n2,b\n'],
    ['a column twice', 'value,reference,id\n1,a,1\n'],
    ['headers without end', `value,${'x'.repeat(3000)},reference\n`],
  ])('for %s', async (_, text) => {
    expect(await problemsOf(text)).toEqual([
      {
        line: 1,
        column: null,
        message: expect.stringContaining('The first line must name') as string,
      },
    ]);
  });

  test('for what is no UTF-8', async () => {
    const latin = Buffer.from('value,reference\n1,a\n2,M\u00fcller\n', 'latin1');
    expect(await problemsOf(latin)).toEqual([
      { line: 3, column: null, message: 'The file must be in UTF-8.' },
    ]);
    const utf16 = Buffer.from('\uFEFFvalue,reference\n1,a\n', 'utf16le');
    expect(await problemsOf(utf16)).toMatchObject([{ line: 1 }]);
    const cut = Buffer.from('value,reference\n1,ü').subarray(0, -1);
    expect(await problemsOf(cut)).toMatchObject([{ message: 'The file must be in UTF-8.' }]);
  });

  test('for quotation marks that do not match', async () => {
    expect(await problemsOf('value,reference\n1,"a"b\n')).toMatchObject([{ line: 2 }]);
    expect(await problemsOf('value,reference\n1,"a\n')).toMatchObject([
      { message: 'Its quotation marks do not match.' },
    ]);
  });

  test.each([
    ['an open quotation mark', `value,reference\n1,"${'x\n'.repeat(50_000)}`],
    ['a line without end', `value,reference\n1,${'x'.repeat(100_000)}`],
    ['columns without end', `value,reference\n${','.repeat(100_000)}`],
  ])('for %s', async (_, text) => {
    expect(await problemsOf(text)).toMatchObject([
      { message: expect.stringContaining('at most 8192 characters') as string },
    ]);
  });
});
