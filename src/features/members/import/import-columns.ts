import { UNPRINTABLE } from '../../../kernel/text.js';
import { CSV_LIMITS } from './csv-limits.js';
import type { ImportProblem } from './import-problems.js';

export type ImportColumn = 'email' | 'firstName' | 'lastName' | 'displayName' | 'hostId' | 'syncId';

/** What a header may call each of them, in lower case and without anything but letters and digits. */
const NAMES: Readonly<Record<ImportColumn, readonly string[]>> = {
  email: [
    'email',
    'emailaddress',
    'mail',
    'mailaddress',
    'emailadresse',
    'mailadresse',
    'courriel',
  ],
  firstName: ['firstname', 'givenname', 'forename', 'vorname', 'prénom', 'prenom'],
  lastName: ['lastname', 'surname', 'familyname', 'nachname', 'familienname', 'nom', 'cognome'],
  displayName: ['name', 'displayname', 'fullname', 'commonname', 'anzeigename'],
  hostId: ['id', 'hostid', 'userid', 'personid', 'employeeid', 'personnelnumber', 'personalnummer'],
  syncId: ['syncid', 'synchronizationid', 'synchronisationid', 'syncidentifier'],
};
/** Any of them will do. */
const NAME_COLUMNS = ['lastName', 'firstName', 'displayName'] as const;
const MAX_NAME = 60;
const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu');

const COLUMN_OF = new Map(
  Object.entries(NAMES).flatMap(([column, names]) =>
    names.map((name) => [name, column as ImportColumn] as const),
  ),
);

/** Where the file has what. */
export interface ImportColumns {
  readonly count: number;
  readonly positions: ReadonlyMap<ImportColumn, number>;
  /** As the header calls it; a name that is there for `name`. */
  nameOf(column: ImportColumn | 'name'): string;
  readonly ignored: readonly string[];
}

/** How many of the names are known. */
export function recognized(names: readonly string[]): number {
  return names.filter((name) => columnCalled(name) !== undefined).length;
}

export function readHeader(header: {
  readonly line: number;
  readonly fields: readonly string[];
}): ImportColumns | readonly ImportProblem[] {
  const { line, fields } = header;
  const problems: ImportProblem[] = [];
  const note = (column: string | null, message: string): void => {
    problems.push({ line, column, message });
  };
  const positions = new Map<ImportColumn, number>();
  const ignored: string[] = [];
  const names = fields.map(shown);
  fields.slice(0, CSV_LIMITS.columns).forEach((name, i) => {
    const column = columnCalled(name);
    if (column === undefined) ignored.push(names[i] ?? '');
    else if (positions.has(column)) note(names[i] ?? '', 'Another column says the same.');
    else positions.set(column, i);
  });
  if (fields.length > CSV_LIMITS.columns) {
    note(null, `There are more than ${String(CSV_LIMITS.columns)} columns.`);
  }
  if (!positions.has('email')) note(null, 'There is no column "e-mail".');
  if (!NAME_COLUMNS.some((column) => positions.has(column))) {
    note(null, 'There is no column "first name", "last name" or "name".');
  }
  if (problems.length > 0) return problems;
  const naming = NAME_COLUMNS.find((column) => positions.has(column)) ?? 'displayName';
  const nameOf = (asked: ImportColumn | 'name'): string => {
    const column = asked === 'name' ? naming : asked;
    return names[positions.get(column) ?? -1] ?? column;
  };
  return { count: fields.length, positions, nameOf, ignored };
}

function columnCalled(name: string): ImportColumn | undefined {
  const key = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  return COLUMN_OF.get(key);
}

/** Shown to whoever imports, and on a console. */
function shown(name: string): string {
  return name.trim().replace(UNPRINTABLES, '').slice(0, MAX_NAME);
}
