import type { DomainError } from '../../../kernel/errors.js';
import { fromHarmless } from '../../../platform/csv/csv-line.js';
import { CsvProblem, type CsvProblemKind } from '../../../platform/csv/csv-problem.js';
import { CsvReader, type CsvRecord } from '../../../platform/csv/csv-reader.js';
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

const MAX_RECORD = 8192;
const LIMITS = {
  fileBytes: 8 * 1024 * 1024,
  recordCharacters: MAX_RECORD,
  recordBytes: 4 * MAX_RECORD, // as many characters in UTF-8
};
const MAX_ENTRIES = 100_000;
const MAX_HEADER = 2048;
const MAX_VALUE = 100;
const VALUE_NAMES: ReadonlySet<string> = new Set(['value', 'id', 'assignedid']);
const REFERENCE_NAMES: ReadonlySet<string> = new Set(['reference', 'hostreference']);
const HEADER_HINT =
  'The first line must name the columns "value" and "reference", parted by commas, semicolons or tabs.';

const NOT_UTF_8 = 'The file must be in UTF-8.';
const REASONS: Partial<Record<CsvProblemKind, string>> = {
  ENCODING: NOT_UTF_8,
  QUOTES: 'Its quotation marks do not match.',
  RECORD_SIZE: `A line can have at most ${String(MAX_RECORD)} characters: a quotation mark may be left open.`,
};

/**
 * Reads a list of confirmations: CSV (RFC 4180) in UTF-8, with a line of headers. Other columns are passed over, so that an
 * exported list can be sent back. Reads no further than it must to refuse.
 * @throws DomainError INVALID_INPUT with `problems` by line and column, or with `limit` where it is too large
 */
export async function readConfirmations(
  bytes: AsyncIterable<Uint8Array>,
): Promise<ConfirmationList> {
  const reader = new CsvReader({ limits: LIMITS, encoding: 'utf-8', recognized });
  const entries = new Entries();
  try {
    for await (const records of reader.read(bytes)) {
      if (reader.encoding !== 'utf-8') throw problemAt(1, NOT_UTF_8); // its byte order mark says so
      for (const record of records) entries.take(record);
    }
  } catch (error) {
    throw error instanceof CsvProblem ? refusalOf(error) : error;
  }
  return entries.finish();
}

function refusalOf({ kind, line, message }: CsvProblem): DomainError {
  if (kind === 'FILE_SIZE') return tooLarge('bytes', LIMITS.fileBytes);
  return problemAt(line, REASONS[kind] ?? message);
}

function problemAt(line: number, message: string): DomainError {
  return ListProblems.one({ line, column: null, message });
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

  take({ fields, line }: CsvRecord): void {
    if (this.columns === undefined) this.columns = columnsIn(fields, line);
    else this.takeEntry(fields, line, this.columns);
  }

  finish(): ConfirmationList {
    if (this.columns === undefined) throw problemAt(1, HEADER_HINT);
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

/** How many of these are names of columns that count. */
function recognized(names: readonly string[]): number {
  return names.map(plainName).filter((name) => VALUE_NAMES.has(name) || REFERENCE_NAMES.has(name))
    .length;
}

/** @throws DomainError INVALID_INPUT where one is missing, or there twice */
function columnsIn(headers: readonly string[], line: number): { value: number; reference: number } {
  const names = headers.join('').length > MAX_HEADER ? [] : headers.map(plainName);
  const [value, reference] = [VALUE_NAMES, REFERENCE_NAMES].map((wanted) => {
    const found = names.flatMap((name, i) => (wanted.has(name) ? [i] : []));
    return found.length === 1 ? found[0] : undefined;
  });
  if (value !== undefined && reference !== undefined) return { value, reference };
  throw problemAt(line, HEADER_HINT);
}

function plainName(header: string): string {
  return header.toLowerCase().replace(/[\s_-]/g, '');
}
