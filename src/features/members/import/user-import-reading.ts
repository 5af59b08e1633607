import type { Scope } from '../../../platform/scope.js';
import type { CsvEncoding } from '../../../platform/csv/csv-decoder.js';
import type { Separator } from '../../../platform/csv/csv-header.js';
import { CSV_LIMITS } from './csv-limits.js';
import { CsvProblem } from '../../../platform/csv/csv-problem.js';
import { CsvReader, type CsvRecord } from '../../../platform/csv/csv-reader.js';
import { readHeader, recognized, type ImportColumns } from './import-columns.js';
import { ImportProblems, TOLD_PROBLEMS } from './import-problems.js';
import { readRow, type ImportRow } from './import-row.js';
import { repeated, stage } from './user-import-staging.js';

/** What was read of a file. */
export interface ReadFile {
  readonly rows: number;
  readonly encoding: CsvEncoding;
  readonly separator: Separator | null;
  /** Null where there is no header to go by. */
  readonly columns: ImportColumns | null;
  readonly problems: ImportProblems;
}

export interface FileSource {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly encoding?: CsvEncoding | undefined;
}

/** So many rows are in memory at a time. */
const BATCH = 1000;

/** Reads a file to its end, and stages its rows as long as there is no problem. */
export class FileReading {
  private readonly problems = new ImportProblems();
  private readonly batch: ImportRow[] = [];
  private columns: ImportColumns | null = null;
  private hasHeader = false;
  private rows = 0;

  constructor(
    private readonly scope: Scope,
    private readonly importId: string,
    private readonly noteProgress: (rows: number, bytes: number) => void,
  ) {}

  async read({ bytes, encoding }: FileSource): Promise<ReadFile> {
    const reader = new CsvReader({ limits: CSV_LIMITS, encoding, recognized });
    try {
      for await (const records of reader.read(bytes)) {
        await this.take(records);
        this.noteProgress(this.rows, reader.bytesRead);
        if (this.hasHeader && this.columns === null) break;
      }
      if (!this.hasHeader) throw new CsvProblem(1, 'The file is empty: there is no header.');
      await this.stageBatch();
      await this.noteRepeated();
    } catch (error) {
      if (!(error instanceof CsvProblem)) throw error;
      this.problems.note({ line: error.line, column: null, message: error.message });
    }
    const { rows, columns, problems } = this;
    const separator = reader.separator ?? null;
    return { rows, encoding: reader.encoding, separator, columns, problems };
  }

  private async take(records: readonly CsvRecord[]): Promise<void> {
    for (const record of records) {
      if (!this.hasHeader) this.takeHeader(record);
      else if (this.columns !== null) this.takeRow(record, this.columns);
      if (this.batch.length >= BATCH) await this.stageBatch();
    }
  }

  private takeHeader(record: CsvRecord): void {
    this.hasHeader = true;
    const read = readHeader(record);
    if ('positions' in read) this.columns = read;
    else this.problems.note(...read);
  }

  private takeRow(record: CsvRecord, columns: ImportColumns): void {
    this.rows += 1;
    if (this.rows > CSV_LIMITS.rows) {
      throw new CsvProblem(record.line, `There are more than ${String(CSV_LIMITS.rows)} rows.`);
    }
    const row = readRow(record, columns);
    if ('line' in row) this.batch.push(row);
    else this.problems.note(...row);
  }

  /** Also where there are problems already: what stands twice is told with the rest. */
  private async stageBatch(): Promise<void> {
    const rows = this.batch.splice(0);
    if (rows.length > 0) await stage(this.scope, this.importId, rows);
  }

  private async noteRepeated(): Promise<void> {
    const { columns } = this;
    if (columns === null) return;
    const found = await repeated(this.scope, this.importId, TOLD_PROBLEMS);
    this.problems.count(
      found.map(({ line, field, first }) => ({
        line,
        column: columns.nameOf(field),
        message: `The same stands on line ${String(first)}.`,
      })),
      found[0]?.total ?? 0,
    );
  }
}
