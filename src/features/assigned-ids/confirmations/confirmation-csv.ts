import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { fromHarmless } from '../../../kernel/csv.js';
import { hostReferenceProblem, tidyReference } from './host-reference.js';
import { ListProblems, tooLarge } from './list-problems.js';

/** Which IDs the host system's users have, entry by entry. Arrays of the same length, for one statement. */
export interface ConfirmationList {
  readonly values: readonly string[];
  readonly references: readonly string[];
  /** In which line of the file each stands. */
  readonly lines: readonly number[];
  /** How many lines name an ID and no reference: nothing is said of those. */
  readonly withoutReference: number;
}

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_ENTRIES = 100_000;
const MAX_RECORD = 8192;
const MAX_HEADER = 2048;
const MAX_VALUE = 100;
const DELIMITERS = [',', ';', '\t'] as const;
const VALUE_NAMES: ReadonlySet<string> = new Set(['value', 'id', 'assignedid']);
const REFERENCE_NAMES: ReadonlySet<string> = new Set(['reference', 'hostreference']);
const HEADER_HINT =
  'The first line must name the columns "value" and "reference", parted by commas, semicolons or tabs.';

const TOO_LONG = `A line can have at most ${String(MAX_RECORD)} characters: a quotation mark may be left open.`;

interface CsvRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads a list of confirmations: CSV (RFC 4180) in UTF-8, with a line of headers. Other columns are passed over, so that an
 * exported list can be sent back. Reads no further than it must to refuse.
 * @throws DomainError INVALID_INPUT with `problems` by line and column, or with `limit` where it is too large
 */
export async function readConfirmations(
  bytes: AsyncIterable<Uint8Array>,
): Promise<ConfirmationList> {
  const text = decoded(bytes);
  const { head, delimiter } = await beginningOf(text);
  const entries = new Entries();
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    max_record_size: MAX_RECORD,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  let cause: unknown; // what `pipeline` rejects with may be but that it was stopped
  await pipeline(Readable.from(continued(head, text)), parser, async (records) => {
    try {
      for await (const found of records as AsyncIterable<CsvRecord>) entries.take(found);
    } catch (error) {
      cause = error;
      throw error;
    }
  }).catch((error: unknown) => {
    const reason = cause ?? error;
    throw reason instanceof CsvError ? entries.problemOf(reason) : reason;
  });
  return entries.finish();
}

/** @throws DomainError INVALID_INPUT for what is no UTF-8, which other encodings hardly ever are by chance */
async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let size = 0;
  let line = 1;
  let length = 0; // of the last line so far: no parser is to hold one without end
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      const [readable = ''] = new TextDecoder().decode(chunk).split('\uFFFD', 1);
      const at = line + lineBreaksIn(readable);
      throw ListProblems.one({ line: at, column: null, message: 'The file must be in UTF-8.' });
    }
  };
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MAX_BYTES) throw tooLarge('bytes', MAX_BYTES);
    const text = decode(chunk);
    line += lineBreaksIn(text);
    length = /[\r\n]/.test(text) ? text.length - 1 - lastBreakIn(text) : length + text.length;
    if (length > MAX_RECORD) throw ListProblems.one({ line, column: null, message: TOO_LONG });
    yield text;
  }
  yield decode();
}

/** The first line with whatever came along with it, and what its columns are parted by. */
async function beginningOf(
  text: AsyncGenerator<string, void, undefined>,
): Promise<{ head: string; delimiter: string }> {
  let head = '';
  while (!/[\r\n]/.test(head) && head.length <= MAX_HEADER) {
    const next = await text.next();
    if (next.done === true) break;
    head += next.value;
  }
  const [first = ''] = head.split(/[\r\n]/, 1);
  const delimiter = DELIMITERS.find((mark) => first.includes(mark));
  if (delimiter === undefined || first.length > MAX_HEADER) {
    throw ListProblems.one({ line: 1, column: null, message: HEADER_HINT });
  }
  return { head, delimiter };
}

async function* continued(
  head: string,
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  yield head;
  yield* rest;
}

/** What was read so far, and what is wrong with it. */
class Entries {
  private readonly values: string[] = [];
  private readonly references: string[] = [];
  private readonly lines: number[] = [];
  private readonly lineOf = new Map<string, number>();
  private readonly problems = new ListProblems();
  private columns: { readonly value: number; readonly reference: number } | undefined;
  private withoutReference = 0;
  /** By how many lines the parser is ahead: it takes CR LF within quotation marks for two line breaks. */
  private skew = 0;

  take({ record, info }: CsvRecord): void {
    const counted = sum(record, (field) => field.match(/[\r\n]/g)?.length ?? 0);
    const line = info.lines - this.skew - counted;
    this.skew += counted - sum(record, lineBreaksIn);
    if (this.columns === undefined) this.columns = columnsIn(record, line);
    else this.takeEntry(record, line, this.columns);
  }

  problemOf(error: CsvError): Error {
    const line = typeof error['lines'] === 'number' ? error['lines'] - this.skew : 1;
    const message =
      error.code === 'CSV_MAX_RECORD_SIZE' ? TOO_LONG : 'Its quotation marks do not match.';
    return ListProblems.one({ line, column: null, message });
  }

  finish(): ConfirmationList {
    if (this.columns === undefined) {
      throw ListProblems.one({ line: 1, column: null, message: HEADER_HINT });
    }
    this.problems.refuse();
    const { values, references, lines, withoutReference } = this;
    return { values, references, lines, withoutReference };
  }

  private takeEntry(
    record: readonly string[],
    line: number,
    columns: { readonly value: number; readonly reference: number },
  ): void {
    const value = fromHarmless(record[columns.value] ?? '').trim();
    const reference = tidyReference(fromHarmless(record[columns.reference] ?? ''));
    if (record.length <= Math.max(columns.value, columns.reference)) {
      this.problems.note({ line, column: null, message: 'It has fewer columns than the headers.' });
      return;
    }
    if (reference === '') {
      this.withoutReference += 1;
      return;
    }
    this.problems.note({ line, column: 'value', message: this.valueProblem(value) });
    this.problems.note({ line, column: 'reference', message: hostReferenceProblem(reference) });
    if (this.values.length >= MAX_ENTRIES) throw tooLarge('entries', MAX_ENTRIES);
    this.lineOf.set(value, line);
    this.values.push(value);
    this.references.push(reference);
    this.lines.push(line);
  }

  private valueProblem(value: string): string | undefined {
    if (value === '') return 'It must not be empty.';
    if (value.length > MAX_VALUE || value.includes('\0')) return 'There is no such ID.';
    const before = this.lineOf.get(value);
    return before === undefined ? undefined : `It stands in line ${String(before)} already.`;
  }
}

/** @throws DomainError INVALID_INPUT where one is missing, or there twice */
function columnsIn(headers: readonly string[], line: number): { value: number; reference: number } {
  const names = headers.map((header) => header.toLowerCase().replace(/[\s_-]/g, ''));
  const [value, reference] = [VALUE_NAMES, REFERENCE_NAMES].map((wanted) => {
    const found = names.flatMap((name, i) => (wanted.has(name) ? [i] : []));
    return found.length === 1 ? found[0] : undefined;
  });
  if (value !== undefined && reference !== undefined) return { value, reference };
  throw ListProblems.one({ line, column: null, message: HEADER_HINT });
}

function lineBreaksIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function lastBreakIn(text: string): number {
  return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
}

function sum(fields: readonly string[], of: (field: string) => number): number {
  return fields.reduce((total, field) => total + of(field), 0);
}
