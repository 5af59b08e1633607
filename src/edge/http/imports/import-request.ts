import type { Request } from 'express';
import {
  CSV_ENCODINGS,
  CSV_LIMITS,
  type CsvEncoding,
  type ImportOptions,
} from '../../../features/members/import/user-import.service.js';
import { DomainError } from '../../../kernel/errors.js';
import { FieldProblems } from '../../../kernel/field-problems.js';
import { contentOf } from '../content.js';

/** A request whose answer is a status that no problem of the table has. */
export class RefusedUpload extends Error {
  override readonly name = 'RefusedUpload';

  constructor(
    readonly status: 413 | 415,
    readonly problem: DomainError,
  ) {
    super(problem.message);
  }
}

/** What is asked for in the address and the headers; the file itself is the body. */
export interface ImportRequest {
  readonly options: ImportOptions;
  readonly encoding: CsvEncoding | undefined;
  /** Progress and differences as they come, a line of JSON each; else one answer at the end. */
  readonly asStream: boolean;
}

const PARAMETERS = ['project', 'dryRun', 'maxRemovedPercent', 'changeShared', 'invite'] as const;
type Parameter = (typeof PARAMETERS)[number];
const STREAM_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
const PERCENT = /^(?:100|\d{1,2})$/;
const CHARSETS: Readonly<Record<string, CsvEncoding>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
};

/** @throws DomainError INVALID_INPUT with each parameter that is not as it must be; RefusedUpload */
export function readImportRequest(req: Request): ImportRequest {
  const options = optionsIn(req.originalUrl);
  const encoding = encodingIn(req);
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > CSV_LIMITS.fileBytes) {
    const facts = { limit: 'body', maximum: CSV_LIMITS.fileBytes };
    throw new RefusedUpload(413, new DomainError('INVALID_INPUT', facts));
  }
  const accept = req.headers.accept ?? '';
  return { options, encoding, asStream: STREAM_TYPES.some((type) => accept.includes(type)) };
}

function optionsIn(url: string): ImportOptions {
  const start = url.indexOf('?');
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start));
  const problems = new FieldProblems();
  for (const name of new Set(query.keys())) {
    const isKnown = (PARAMETERS as readonly string[]).includes(name);
    problems.note(name.slice(0, 60), isKnown ? undefined : 'There is no such parameter.');
    problems.note(name.slice(0, 60), query.getAll(name).length > 1 ? 'Give it once.' : undefined);
  }
  const text = (name: Parameter): string | null => query.get(name);
  const flag = (name: Parameter, otherwise: boolean): boolean => {
    const value = text(name);
    problems.note(
      name,
      value === null || value === 'true' || value === 'false'
        ? undefined
        : 'It must be true or false.',
    );
    return value === null ? otherwise : value === 'true';
  };
  const percent = text('maxRemovedPercent');
  problems
    .note('project', text('project') === null ? 'Name the project by its id.' : undefined)
    .note(
      'maxRemovedPercent',
      percent === null || PERCENT.test(percent) ? undefined : 'It must be from 0 to 100.',
    );
  const options = {
    projectId: text('project') ?? '',
    dryRun: flag('dryRun', true),
    maxRemovedPercent: percent === null ? null : Number(percent),
    changeShared: flag('changeShared', false),
    invite: flag('invite', true),
  };
  problems.refuse();
  return options;
}

/** RFC 4180: text/csv, with its charset; nothing that a form of another site could send. */
function encodingIn({ headers }: Request): CsvEncoding | undefined {
  const { type, charset, isPlain } = contentOf(headers);
  const encoding = charset === undefined ? undefined : CHARSETS[charset];
  const isKnown = charset === undefined || encoding !== undefined;
  const fields = [
    ...refusedUnless(type === 'text/csv', 'content-type', 'It must be text/csv.'),
    ...refusedUnless(isKnown, 'charset', `It must be one of ${CSV_ENCODINGS.join(', ')}.`),
    ...refusedUnless(isPlain, 'content-encoding', 'The file must not be compressed.'),
  ];
  if (fields.length > 0) throw new RefusedUpload(415, new DomainError('INVALID_INPUT', { fields }));
  return encoding;
}

function refusedUnless(
  isFine: boolean,
  field: string,
  message: string,
): { field: string; message: string }[] {
  return isFine ? [] : [{ field, message }];
}
