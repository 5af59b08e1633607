import { textProblem } from '../../../kernel/text.js';
import { emailKey, emailProblem } from '../../users/user.service.js';
import type { CsvRecord } from '../../../platform/csv/csv-reader.js';
import type { ImportColumn, ImportColumns } from './import-columns.js';
import type { ImportProblem } from './import-problems.js';

/** One person of the file. */
export interface ImportRow {
  readonly line: number;
  readonly email: string;
  /** By which two addresses are the same. */
  readonly emailKey: string;
  readonly displayName: string;
  readonly hostId: string | null;
  readonly syncId: string | null;
}

const MAX_NAME = 200;
const MAX_ID = 128;

/** What the record says, or what is wrong with it. */
export function readRow(
  { line, fields }: CsvRecord,
  columns: ImportColumns,
): ImportRow | readonly ImportProblem[] {
  if (fields.length !== columns.count) return [wrongCount(line, fields.length, columns.count)];
  const problems: ImportProblem[] = [];
  const note = (column: ImportColumn | 'name', message: string | undefined): void => {
    if (message !== undefined) problems.push({ line, column: columns.nameOf(column), message });
  };
  const field = (column: ImportColumn): string => {
    const position = columns.positions.get(column);
    return position === undefined ? '' : tidy(fields[position] ?? '');
  };
  const id = (column: 'hostId' | 'syncId'): string | null => {
    const text = field(column);
    if (text !== '') note(column, textProblem(text, { max: MAX_ID }));
    return text === '' ? null : text;
  };
  const email = field('email');
  note('email', email === '' ? 'It must not be empty.' : emailProblem(email));
  const displayName =
    [field('firstName'), field('lastName')].join(' ').trim() || field('displayName');
  note('name', textProblem(displayName, { max: MAX_NAME }));
  const row = { line, email, emailKey: emailKey(email), displayName };
  const ids = { hostId: id('hostId'), syncId: id('syncId') };
  return problems.length > 0 ? problems : { ...row, ...ids };
}

function wrongCount(line: number, count: number, wanted: number): ImportProblem {
  const message = `It has ${String(count)} fields, and the header has ${String(wanted)}.`;
  return { line, column: null, message };
}

function tidy(text: string): string {
  return text.normalize('NFC').trim();
}
