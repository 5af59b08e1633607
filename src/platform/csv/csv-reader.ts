import { parse, type Parser } from 'csv-parse';
import { CsvDecoder, UndecodableError, type CsvEncoding } from './csv-decoder.js';
import { firstLineEnd, readPrelude, type Separator } from './csv-header.js';
import { CsvProblem, type CsvProblemKind } from './csv-problem.js';

export interface CsvRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** What one file may have at most: each bounds the memory or the time that it takes. */
interface ReadingLimits {
  readonly fileBytes: number;
  /** Of all fields of one record together. */
  readonly recordCharacters: number;
  /** From the end of one record to the end of the next: a million empty fields have no characters. */
  readonly recordBytes: number;
}

export interface CsvReading {
  readonly limits: ReadingLimits;
  readonly encoding?: CsvEncoding | undefined;
  /** How many of a header's names are known: by this the separator is found. */
  readonly recognized: (names: readonly string[]) => number;
}

/** In words; the library's own messages repeat what stands in the file. */
const QUOTE_PROBLEMS: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE:
    'There is something after a closing quote. A quote within quotes is written twice.',
  INVALID_OPENING_QUOTE:
    'There is a quote within a field that does not begin with one. A quote is written twice, in quotes.',
  CSV_QUOTE_NOT_CLOSED: 'A quote is opened here or before, and never closed.',
};
/** So much text is parsed at a time. */
const PIECE_CHARACTERS = 32 * 1024;
const LINE_FEED = 10;

/**
 * Records of a file as its bytes come: of RFC 4180, with any of the usual separators, line ends and encodings. What is in memory is
 * bounded by its {@link ReadingLimits}, however long the file is.
 */
export class CsvReader {
  private readonly decoder: CsvDecoder;
  private readonly records: CsvRecord[] = [];
  private foundSeparator: Separator | undefined;
  private bytes = 0;
  private endsWithReturn = false;
  /** Lines handed to the parser, and before. */
  private lines = 0;
  private linesBefore = 0;
  private fed = 0;
  private recordEnd = 0;

  constructor(private readonly reading: CsvReading) {
    this.decoder = new CsvDecoder(reading.encoding);
  }

  get bytesRead(): number {
    return this.bytes;
  }

  get encoding(): CsvEncoding {
    return this.decoder.encoding;
  }

  /** Undefined before the first record. */
  get separator(): Separator | undefined {
    return this.foundSeparator;
  }

  /** The header first, then the others, some at a time. @throws CsvProblem */
  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly CsvRecord[]> {
    let beginning = '';
    let parser: Parser | undefined;
    for await (const text of this.pieces(source)) {
      beginning += text;
      if (parser === undefined) {
        const isLong = beginning.length > this.reading.limits.recordCharacters;
        if (firstLineEnd(beginning) === undefined && !isLong) continue;
        [parser, beginning] = this.begin(beginning);
      }
      await this.feed(parser, beginning);
      beginning = '';
      if (this.records.length > 0) yield this.records.splice(0);
    }
    if (parser === undefined) [parser, beginning] = this.begin(beginning);
    await this.finish(parser, beginning);
    if (this.records.length > 0) yield this.records.splice(0);
  }

  private begin(beginning: string): [Parser, string] {
    const prelude = readPrelude(beginning, this.reading.recognized);
    this.foundSeparator = prelude.separator;
    this.linesBefore = prelude.linesBefore;
    return [this.open(prelude.separator), prelude.text];
  }

  private open(delimiter: Separator): Parser {
    const parser = parse({
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: this.reading.limits.recordCharacters,
      on_record: (fields: string[], { lines, bytes }) => {
        const own = fields.reduce((sum, field) => sum + lineBreaksIn(field), 0);
        this.records.push({ line: lines + this.linesBefore - own, fields });
        this.recordEnd = bytes;
        return null;
      },
    });
    parser.on('error', () => undefined); // told to who writes
    parser.resume();
    return parser;
  }

  private async feed(parser: Parser, text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      parser.write(text, (cause) => {
        if (cause instanceof Error) reject(this.problemOf(cause));
        else resolve();
      });
    });
    this.fed += Buffer.byteLength(text);
    this.lines += lineBreaksIn(text);
    const { recordBytes } = this.reading.limits;
    if (this.fed - this.recordEnd > recordBytes) {
      throw new CsvProblem(
        this.records.at(-1)?.line ?? this.lines + this.linesBefore,
        `There is no end of a record within ${String(recordBytes)} bytes.`,
        { kind: 'RECORD_SIZE' },
      );
    }
  }

  private async finish(parser: Parser, rest: string): Promise<void> {
    if (rest !== '') await this.feed(parser, rest);
    await new Promise<void>((resolve, reject) => {
      parser.once('error', (cause) => {
        reject(this.problemOf(cause));
      });
      parser.once('end', resolve);
      parser.end();
    });
  }

  /** Decoded, in pieces of bounded size, every line break an LF. */
  private async *pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    for await (const chunk of source) {
      this.bytes += chunk.length;
      const { fileBytes } = this.reading.limits;
      if (this.bytes > fileBytes) {
        const most = `${String(fileBytes / 1024 / 1024)} MB`;
        throw new CsvProblem(this.lineNow(), `The file has more than ${most}.`, {
          kind: 'FILE_SIZE',
        });
      }
      yield* cut(this.decoded(() => this.decoder.push(chunk)));
    }
    yield* cut(this.decoded(() => this.decoder.end()));
  }

  private decoded(decode: () => string): string {
    try {
      return this.withLineFeeds(decode());
    } catch (cause) {
      if (!(cause instanceof UndecodableError)) throw cause;
      const line = this.lineNow() + lineBreaksIn(this.withLineFeeds(cause.before));
      const hint =
        cause.encoding === 'utf-8'
          ? 'It begins as UTF-8, and is something else here.'
          : `It is not ${cause.encoding} here.`;
      throw new CsvProblem(line, hint, { kind: 'ENCODING', cause });
    }
  }

  /** A break that is cut in two between its CR and its LF is one all the same. */
  private withLineFeeds(text: string): string {
    if (text === '') return '';
    const whole = this.endsWithReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.endsWithReturn = text.endsWith('\r');
    return whole.includes('\r') ? whole.replace(/\r\n?/g, '\n') : whole;
  }

  private problemOf(cause: Error & { readonly code?: string; readonly lines?: number }): Error {
    const [kind, message] = this.reasonOf(cause.code ?? '');
    if (message === undefined) return cause;
    return new CsvProblem((cause.lines ?? this.lines) + this.linesBefore, message, { kind, cause });
  }

  private reasonOf(code: string): [CsvProblemKind, string | undefined] {
    if (code !== 'CSV_MAX_RECORD_SIZE') return ['QUOTES', QUOTE_PROBLEMS[code]];
    const most = String(this.reading.limits.recordCharacters);
    return ['RECORD_SIZE', `A record has more than ${most} characters. Is a quote not closed?`];
  }

  private lineNow(): number {
    return this.lines + this.linesBefore + 1;
  }
}

function* cut(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += PIECE_CHARACTERS) {
    yield text.slice(start, start + PIECE_CHARACTERS);
  }
}

function lineBreaksIn(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) === LINE_FEED) count += 1;
  return count;
}
