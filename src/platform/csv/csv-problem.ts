/** What it is about: the size of the file, its encoding, its quotes, the size of a record, or what stands in it. */
export type CsvProblemKind = 'FILE_SIZE' | 'ENCODING' | 'QUOTES' | 'RECORD_SIZE' | 'CONTENT';

/** Why a file cannot be read any further. */
export class CsvProblem extends Error {
  override readonly name = 'CsvProblem';
  readonly kind: CsvProblemKind;

  /** @param line counted from 1 */
  constructor(
    readonly line: number,
    message: string,
    { kind = 'CONTENT', cause }: { readonly kind?: CsvProblemKind; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
  }
}
