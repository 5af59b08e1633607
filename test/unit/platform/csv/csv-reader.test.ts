import fc from 'fast-check';
import { CSV_LIMITS } from '../../../../src/features/members/import/csv-limits';
import { CsvProblem } from '../../../../src/platform/csv/csv-problem';
import { CsvReader, type CsvRecord } from '../../../../src/platform/csv/csv-reader';
import { recognized } from '../../../../src/features/members/import/import-columns';
import type { CsvEncoding } from '../../../../src/platform/csv/csv-decoder';

const HEADER = 'e-mail,first name,last name';

interface Read {
  readonly records: readonly CsvRecord[];
  readonly encoding: string;
  readonly separator: string | undefined;
}

async function read(
  bytes: Uint8Array | string,
  { chunk = 7, encoding }: { chunk?: number; encoding?: CsvEncoding } = {},
): Promise<Read> {
  const reader = new CsvReader({ limits: CSV_LIMITS, recognized, encoding });
  const records: CsvRecord[] = [];
  for await (const some of reader.read(chunks(Buffer.from(bytes as string), chunk)))
    records.push(...some);
  return { records, encoding: reader.encoding, separator: reader.separator };
}

async function problemOf(bytes: Uint8Array | string, chunk = 7): Promise<CsvProblem> {
  const found: unknown = await read(bytes, { chunk }).catch((error: unknown) => error);
  if (found instanceof CsvProblem) return found;
  throw new Error('It was read.', { cause: found });
}

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

const fieldsOf = ({ records }: Read): (readonly string[])[] => records.map(({ fields }) => fields);
const linesOf = ({ records }: Read): number[] => records.map(({ line }) => line);

function utf16(text: string, order: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

describe('encodings', () => {
  const text = `${HEADER}\nzoë@example.org,Zoë,Müller – 李\n`;
  const latin = `${HEADER}\nzoe@example.org,Zoë,Müller – €\n`;
  const windows1252 = Buffer.from(latin.replace('–', '\x96').replace('€', '\x80'), 'latin1');

  test.each([
    ['UTF-8', Buffer.from(text), 'utf-8', 'Müller – 李'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`), 'utf-8', 'Müller – 李'],
    [
      'UTF-16 with a mark, little end first',
      utf16(`\uFEFF${text}`, 'le'),
      'utf-16le',
      'Müller – 李',
    ],
    ['UTF-16 with a mark, big end first', utf16(`\uFEFF${text}`, 'be'), 'utf-16be', 'Müller – 李'],
    ['UTF-16 without a mark', utf16(text, 'le'), 'utf-16le', 'Müller – 李'],
    ['UTF-16 without a mark, big end first', utf16(text, 'be'), 'utf-16be', 'Müller – 李'],
    ['windows-1252', windows1252, 'windows-1252', 'Müller – €'],
    ['ASCII', Buffer.from(`${HEADER}\na@example.org,A,B\n`), 'utf-8', 'B'],
  ])('%s is recognised, wherever its bytes are cut', async (_what, bytes, encoding, lastName) => {
    for (const chunk of [1, 2, 3, 5, 4096]) {
      const found = await read(bytes, { chunk });
      expect(found.encoding).toBe(encoding);
      expect(found.records[1]?.fields[2]).toBe(lastName);
      expect(found.records[0]?.fields[0]).toBe('e-mail');
    }
  });

  test('windows-1252 is recognised where its first letter beyond ASCII comes late', async () => {
    const many = 'a@example.org,A,B\n'.repeat(20_000);
    const bytes = Buffer.from(`${HEADER}\n${many}z@example.org,Zo\xEB,M\xFCller\n`, 'latin1');
    const found = await read(bytes, { chunk: 65_536 });
    expect(found.encoding).toBe('windows-1252');
    expect(found.records.at(-1)?.fields).toEqual(['z@example.org', 'Zoë', 'Müller']);
  });

  test('a file that begins as UTF-8 and goes on as something else is refused at its line', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}\r\nz@example.org,Zoë,B\r\n`),
      Buffer.from('y@example.org,Y,Müller\r\n', 'latin1'),
    ]);
    for (const chunk of [1, 3, 40, 4096]) {
      const { line, message } = await problemOf(bytes, chunk);
      expect(line).toBe(3);
      expect(message).toContain('UTF-8');
    }
  });

  test('what the caller says goes before what it looks like, but not before a mark', async () => {
    const bytes = Buffer.from(`${HEADER}\nz@example.org,Zoë,B\n`);
    expect((await read(bytes, { encoding: 'windows-1252' })).records[1]?.fields[1]).toBe('ZoÃ«');
    const marked = Buffer.concat([Buffer.from('\uFEFF'), bytes]);
    expect((await read(marked, { encoding: 'windows-1252' })).records[1]?.fields[1]).toBe('Zoë');
  });
});

describe('separators and line ends', () => {
  test.each([',', ';', '\t', '|'])('%j is found by the header', async (separator) => {
    const lines = [HEADER, 'a@example.org,A;1,"B|2"'].map((line) =>
      line.replaceAll(',', separator),
    );
    const found = await read(lines.join('\n').replace('A;1', '"A;1"'));
    expect(found.separator).toBe(separator);
    expect(fieldsOf(found)[1]).toEqual(['a@example.org', 'A;1', 'B|2']);
  });

  test('the line by which Excel names it counts as a line, and as no record', async () => {
    const found = await read('sep=;\r\ne-mail;name\r\na@example.org;"A, B"\r\n');
    expect(found.separator).toBe(';');
    expect(fieldsOf(found)).toEqual([
      ['e-mail', 'name'],
      ['a@example.org', 'A, B'],
    ]);
    expect(linesOf(found)).toEqual([2, 3]);
  });

  test.each(['\n', '\r\n', '\r'])('lines end with %j', async (end) => {
    const text = [HEADER, 'a@example.org,A,B', '', 'c@example.org,C,D', ''].join(end);
    for (const chunk of [1, 2, 3, 4096]) {
      const found = await read(text, { chunk });
      expect(found.records).toHaveLength(3);
      expect(linesOf(found)).toEqual([1, 2, 4]);
    }
  });

  test('a record of several lines is told by its first', async () => {
    const found = await read(`${HEADER}\r\na@example.org,"A\r\nB\r\nC",D\r\nb@example.org,B,C\r\n`);
    expect(linesOf(found)).toEqual([1, 2, 5]);
    expect(fieldsOf(found)[1]).toEqual(['a@example.org', 'A\nB\nC', 'D']);
  });

  test('quotes within quotes are written twice', async () => {
    const found = await read(`${HEADER}\na@example.org,"A ""the"" B","C,D"`);
    expect(fieldsOf(found)[1]).toEqual(['a@example.org', 'A "the" B', 'C,D']);
  });

  test('an empty file has no record', async () => {
    expect((await read('')).records).toEqual([]);
    expect((await read('\n\n\r\n')).records).toEqual([]);
    expect((await read('\uFEFF')).records).toEqual([]);
  });

  test('whatever is written by the standard is read as it was, however it is cut', async () => {
    const field = fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => text.replace(/\r\n?/g, '\n').replace(/[\uD800-\uDFFF\uFEFF\0]/g, 'x'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field, field), { maxLength: 12 }),
        fc.integer({ min: 1, max: 50 }),
        async (rows, chunk) => {
          const quoted = rows.map((row) =>
            row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','),
          );
          const found = await read([HEADER, ...quoted].join('\r\n'), { chunk });
          expect(fieldsOf(found).slice(1)).toEqual(rows);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('what cannot be read', () => {
  test.each([
    [
      'a quote that is never closed',
      `${HEADER}\na@example.org,"A,B\nb@example.org,B,C\n`,
      /never closed/,
    ],
    [
      'something after a closing quote',
      `${HEADER}\na@example.org,A,B\nb@example.org,"A"x,B\n`,
      /closing quote/,
    ],
    [
      'a quote within a field',
      `${HEADER}\na@example.org,A,B\nb@example.org,A"x",B\n`,
      /quote within a field/,
    ],
  ])('%s is a problem with a line, in words of our own', async (_what, text, message) => {
    const problem = await problemOf(text);
    expect(problem.line).toBeGreaterThanOrEqual(2);
    expect(problem.message).toMatch(message);
    expect(problem.message).not.toContain('example.org');
  });

  test('a field without end is refused before it is in memory', async () => {
    const text = `${HEADER}\na@example.org,"${'A'.repeat(CSV_LIMITS.recordCharacters + 1)}`;
    expect((await problemOf(text, 4096)).message).toMatch(/more than 16384 characters/);
  });

  test('a record of endlessly many empty fields is refused before it is in memory', async () => {
    let given = 0;
    async function* commas(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${HEADER}\n`);
      for (; given < 1000; given += 1) yield await Promise.resolve(Buffer.alloc(65_536, ','));
    }
    const reading = (async () => {
      for await (const some of new CsvReader({ limits: CSV_LIMITS, recognized }).read(commas()))
        expect(some).toHaveLength(1);
    })();
    await expect(reading).rejects.toThrow(CsvProblem);
    expect(given).toBeLessThan(5);
  });

  test('endless blank lines, and an endless header, are refused too', async () => {
    await expect(problemOf('\n'.repeat(200_000), 8192)).resolves.toBeInstanceOf(CsvProblem);
    await expect(problemOf('x'.repeat(200_000), 8192)).resolves.toBeInstanceOf(CsvProblem);
  });
});
